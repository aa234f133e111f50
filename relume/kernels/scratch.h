// Private. Memory that a thread reuses from call to call.
#pragma once

#include <cstddef>

#include "relume/base/pool.h"

namespace relume::kernels {

class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (block_) pool::deallocate(block_, bytes_);
  }

  /// Room for `count` of T, with nothing known of its content; what get() gave before is gone.
  template <class T>
  T* get(std::int64_t count) {
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
    if (bytes > bytes_) {
      if (block_) pool::deallocate(block_, bytes_);
      block_ = nullptr, bytes_ = 0;
      block_ = pool::allocate(bytes);
      bytes_ = bytes;
    }
    return static_cast<T*>(block_);
  }

 private:
  void* block_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace relume::kernels
