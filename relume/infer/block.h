// Private. Memory that begins where a cache line does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace relume::infer {

/// So that a vector at a row's end reads and writes nothing of the next row's.
constexpr std::int64_t rounded_up(std::int64_t floats) { return (floats + 15) / 16 * 16; }

/// Where it is large it lies in large pages, where the system has them: weights that come from memory are read by half
/// faster.
class Block {
 public:
  explicit Block(std::size_t floats);
  float* data() const { return data_.get(); }

 private:
  struct Free {
    std::size_t alignment;
    void operator()(float* p) const;
  };
  std::unique_ptr<float, Free> data_;
};

}  // namespace relume::infer
