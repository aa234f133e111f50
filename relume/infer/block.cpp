// Compiled for size.
#include "relume/infer/block.h"

#include <algorithm>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace relume::infer {
namespace {

constexpr std::size_t cache_line = 64, large_page = std::size_t{2} << 20;

std::size_t alignment_for(std::size_t bytes) { return bytes >= 2 * large_page ? large_page : cache_line; }

float* allocate(std::size_t bytes) {
  const std::size_t alignment = alignment_for(bytes);
  void* memory = ::operator new (bytes, std::align_val_t{alignment});
#if defined(MADV_HUGEPAGE)
  // What does not fill a page is left to small ones; that it is refused does no harm.
  if (alignment == large_page) madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE);
#endif
  return static_cast<float*>(memory);
}

}  // namespace

Block::Block(std::size_t floats)
    : data_(allocate(std::max<std::size_t>(floats, 1) * sizeof(float)), Free{alignment_for(floats * sizeof(float))}) {}

void Block::Free::operator()(float* p) const { ::operator delete (p, std::align_val_t{alignment}); }

}  // namespace relume::infer
