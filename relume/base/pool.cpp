#include "relume/base/pool.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace relume::pool {
namespace {

// Sizes are rounded up to four steps a power of two: a block wastes a fifth at most.
constexpr std::size_t smallest = 64;
constexpr std::size_t largest_cached = std::size_t{1} << 28;
constexpr std::size_t cache_limit = std::size_t{1} << 29;
constexpr int class_count = 4 * 24;

struct SizeClass {
  int index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) {
  if (bytes <= smallest) return {0, smallest};
  const int log = static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^log < bytes <= 2^(log+1)
  const std::size_t step = std::size_t{1} << (log - 2);
  const std::size_t rounded = (bytes + step - 1) & ~(step - 1);
  const auto quarter = static_cast<int>((rounded - (std::size_t{1} << log)) / step);  // 1 to 4
  return {(log - 6) * 4 + quarter, (rounded + alignment - 1) & ~(alignment - 1)};
}

struct FreeBlock {
  FreeBlock* next;
};

struct ThreadCache {
  std::array<FreeBlock*, class_count> lists{};
  std::size_t bytes = 0;
  std::int64_t live = 0;
  ~ThreadCache();
};

// Objects that die after the thread's cache (statics, other thread_locals) give their memory straight back.
thread_local bool cache_is_gone = false;
thread_local ThreadCache cache;

void clear(ThreadCache& c) {
  for (FreeBlock*& list : c.lists)
    while (list) {
      FreeBlock* next = list->next;
      std::free(list);
      list = next;
    }
  c.bytes = 0;
}

ThreadCache::~ThreadCache() {
  clear(*this);
  cache_is_gone = true;
}

}  // namespace

void* allocate(std::size_t bytes) {
  const SizeClass c = size_class(bytes);
  cache.live += static_cast<std::int64_t>(bytes);
  if (c.bytes <= largest_cached && !cache_is_gone) {
    FreeBlock*& list = cache.lists[static_cast<std::size_t>(c.index)];
    if (list) {
      FreeBlock* block = list;
      list = block->next;
      cache.bytes -= c.bytes;
      return block;
    }
  }
  void* block = std::aligned_alloc(alignment, c.bytes);
  if (!block) {
    cache.live -= static_cast<std::int64_t>(bytes);
    throw std::bad_alloc();
  }
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!block) return;
  const SizeClass c = size_class(bytes);
  cache.live -= static_cast<std::int64_t>(bytes);
  if (c.bytes > largest_cached || cache_is_gone || cache.bytes + c.bytes > cache_limit) {
    std::free(block);
    return;
  }
  auto* free_block = static_cast<FreeBlock*>(block);
  FreeBlock*& list = cache.lists[static_cast<std::size_t>(c.index)];
  free_block->next = list;
  list = free_block;
  cache.bytes += c.bytes;
}

std::size_t cached_bytes() { return cache.bytes; }

std::int64_t live_bytes() { return cache.live; }

void release_cached() { clear(cache); }

}  // namespace relume::pool
