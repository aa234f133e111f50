// The loops read and write their arrays and not a byte more: the arrays end, or begin, at a page that nobody may touch.
#include <cstring>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/activation/every_level.h"

namespace relume::activation {
namespace {

/// Two pages between two that end the program when they are touched.
class GuardedPages {
 public:
  GuardedPages() : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* all = ::mmap(nullptr, 4 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::runtime_error("mmap failed");
    base_ = static_cast<std::byte*>(all);
    if (::mprotect(base_ + page_, 2 * page_, PROT_READ | PROT_WRITE) != 0) throw std::runtime_error("mprotect failed");
  }
  ~GuardedPages() { ::munmap(base_, 4 * page_); }
  GuardedPages(const GuardedPages&) = delete;
  GuardedPages& operator=(const GuardedPages&) = delete;

  /// `bytes` that end where the memory ends, or begin where it begins.
  std::byte* array(std::size_t bytes, bool at_end) const { return base_ + (at_end ? 3 * page_ - bytes : page_); }

 private:
  std::size_t page_;
  std::byte* base_ = nullptr;
};

class GuardPages : public testing::Test {
 protected:
  GuardPages() { std::memset(x.array(8000, true), 0, 8000), std::memset(dy.array(8000, true), 0, 8000); }

  void run(const Entry& entry, DType dtype, std::int64_t n, bool at_end) const {
    const std::size_t bytes = static_cast<std::size_t>(n) * size_of(dtype);
    const std::size_t mask_bytes = static_cast<std::size_t>((n + 7) / 8);
    auto* bits = reinterpret_cast<std::uint8_t*>(mask.array(mask_bytes, at_end));
    std::byte *in = x.array(bytes, at_end), *out = y.array(bytes, at_end), *gradient = dy.array(bytes, at_end);
    if (entry.saves == Saves::mask) entry.forward_mask(dtype, in, out, bits, n);
    entry.forward(dtype, in, out, n);
    const void* saved = entry.saves == Saves::mask     ? static_cast<const void*>(bits)
                        : entry.saves == Saves::output ? out
                                                       : in;
    entry.backward(dtype, saved, gradient, out, n);
    if (is_half(dtype)) return;
    const TypeLoops& loops = dtype == DType::float32 ? level_loops(entry).float32 : level_loops(entry).float64;
    loops.elementwise.forward(in, out, n, nullptr, true);
  }

  GuardedPages x, y, dy, mask;

 private:
  static bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }
  static const LevelLoops& level_loops(const Entry& entry) {
    return *entry.levels[static_cast<std::size_t>(kernels::level())];
  }
};

TEST_F(GuardPages, AreNotTouchedAtAnySizeInEitherDirection) {
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level) {
      for (std::int64_t n = 0; n <= 1000; n += n < 140 ? 1 : 17)
        for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
          for (const bool at_end : {false, true}) run(entry, dtype, n, at_end);
    });
  });
}

TEST_F(GuardPages, AreNotTouchedAtAnySizeOfRelu) {
  on_every_level([&](kernels::Level) {
    for (std::int64_t n = 0; n <= 1000; ++n)
      for (const bool at_end : {false, true}) run(*find("relu"), DType::float32, n, at_end);
  });
}

}  // namespace
}  // namespace relume::activation
