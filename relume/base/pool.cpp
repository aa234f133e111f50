#include "relume/base/pool.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace relume::pool {
namespace {

// Sizes are rounded up to whole cache lines, large ones to four steps a power of two: those waste a fifth at most.
constexpr std::size_t largest_by_lines = 1024;
constexpr int class_count_by_lines = largest_by_lines / alignment;
constexpr std::size_t largest_cached = std::size_t{1} << 28;
constexpr std::size_t cache_limit = std::size_t{1} << 29;
constexpr int class_count = class_count_by_lines + 4 * 18;

struct SizeClass {
  int index;
  std::size_t bytes;
};

[[gnu::always_inline]] inline SizeClass size_class(std::size_t bytes) {
  if (bytes <= largest_by_lines) {
    const std::size_t lines = bytes > 0 ? (bytes + alignment - 1) / alignment : 1;
    return {static_cast<int>(lines) - 1, lines * alignment};
  }
  const int log = static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^log < bytes <= 2^(log+1)
  const std::size_t step = std::size_t{1} << (log - 2);
  const std::size_t rounded = (bytes + step - 1) & ~(step - 1);
  const auto quarter = static_cast<int>((rounded - (std::size_t{1} << log)) / step);  // 1 to 4
  return {class_count_by_lines + (log - 10) * 4 + quarter - 1, rounded};
}

// Large blocks begin at different lines of a page. malloc begins them all alike, and arrays that are walked side by
// side, such as a weight and what its optimizer keeps of it, would meet in the same places of the caches from end to
// end.
constexpr std::size_t page = 4096, large = 32 * page, shift = 17 * alignment;

// From here on a block has whole huge pages, where the system lends them. A step of 784-1024-1024-10 walks more
// ordinary ones than the processor keeps the addresses of.
constexpr std::size_t huge_page = std::size_t{2} << 20;

void* new_block(std::size_t bytes) {
  if (bytes < large) return std::aligned_alloc(alignment, bytes);
  thread_local std::size_t place = 0;
  place = (place + shift) % page;
  void* pages = nullptr;
  if (posix_memalign(&pages, bytes < huge_page ? page : huge_page, bytes + page) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
  if (bytes >= huge_page) madvise(pages, bytes, MADV_HUGEPAGE);
#endif
  return static_cast<char*>(pages) + place;
}

void delete_block(void* block, bool is_large) {
  const std::size_t place = is_large ? reinterpret_cast<std::uintptr_t>(block) % page : 0;
  std::free(static_cast<char*>(block) - place);
}

struct FreeBlock {
  FreeBlock* next;
};

/// Nothing of it is built or destroyed, so that it costs one look-up to find and holds to the thread's very end.
struct ThreadCache {
  std::array<FreeBlock*, class_count> lists;
  std::size_t bytes;
  std::int64_t live;
  bool kept;  // a Keeper will clear it
  bool gone;  // it has done so

  void put(void* block, SizeClass size) {
    FreeBlock*& list = lists[static_cast<std::size_t>(size.index)];
    list = new (block) FreeBlock{list};
    bytes += size.bytes;
  }
};

thread_local constinit ThreadCache cache{};

/// Looked up once: the compiler takes the look-up for cheap and would repeat it at each use.
[[gnu::always_inline]] inline ThreadCache& this_thread() {
  ThreadCache* found = &cache;
  asm("" : "+r"(found));
  return *found;
}

void clear(ThreadCache& c) {
  const auto first_large = static_cast<std::size_t>(size_class(large).index);
  for (std::size_t i = 0; i < c.lists.size(); ++i)
    while (FreeBlock* block = c.lists[i]) {
      c.lists[i] = block->next;
      delete_block(block, i >= first_large);
    }
  c.bytes = 0;
}

/// Objects that die after it (statics, other thread_locals) give their memory straight back.
struct Keeper {
  ThreadCache* owner = nullptr;
  ~Keeper() {
    clear(*owner);
    owner->kept = false;
    owner->gone = true;
  }
};

/// Whether blocks may wait on the thread's lists.
bool keep(ThreadCache& c) {
  if (c.gone) return false;
  thread_local Keeper keeper;
  keeper.owner = &c;
  return c.kept = true;
}

// Apart, so that what is done each time saves no registers for them.
[[gnu::noinline]] void* allocate_anew(ThreadCache& c, std::size_t rounded, std::size_t bytes) {
  void* block = new_block(rounded);
  if (!block) {
    c.live -= static_cast<std::int64_t>(bytes);
    throw std::bad_alloc();
  }
  return block;
}

[[gnu::noinline]] void deallocate_first(ThreadCache& c, void* block, SizeClass size) noexcept {
  if (!keep(c)) return delete_block(block, size.bytes >= large);
  c.put(block, size);
}

}  // namespace

void* allocate(std::size_t bytes) {
  const SizeClass size = size_class(bytes);
  ThreadCache& c = this_thread();
  c.live += static_cast<std::int64_t>(bytes);
  if (size.bytes <= largest_cached)
    if (FreeBlock*& list = c.lists[static_cast<std::size_t>(size.index)]) {
      FreeBlock* block = list;
      list = block->next;
      c.bytes -= size.bytes;
      return block;
    }
  return allocate_anew(c, size.bytes, bytes);
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!block) return;
  const SizeClass size = size_class(bytes);
  ThreadCache& c = this_thread();
  c.live -= static_cast<std::int64_t>(bytes);
  if (size.bytes > largest_cached || c.bytes + size.bytes > cache_limit)
    return delete_block(block, size.bytes >= large);
  if (!c.kept) return deallocate_first(c, block, size);
  c.put(block, size);
}

std::size_t cached_bytes() { return cache.bytes; }

std::int64_t live_bytes() { return cache.live; }

void release_cached() { clear(cache); }

}  // namespace relume::pool
