#include "tests/faults/allocations.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
// NOLINTBEGIN: theirs
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
// Under LeakSanitizer, which must know of each block.
[[gnu::weak]] void* __interceptor_malloc(std::size_t);
[[gnu::weak]] void* __interceptor_calloc(std::size_t, std::size_t);
[[gnu::weak]] void* __interceptor_realloc(void*, std::size_t);
[[gnu::weak]] void* __interceptor_aligned_alloc(std::size_t, std::size_t);
[[gnu::weak]] void __interceptor_free(void*);
// NOLINTEND
}

namespace relume::faults {
namespace {

// Nothing here has a constructor: allocations come before any would have run.
std::atomic<bool> counting{false}, keeps_failing{false};
std::atomic<long> asked{0}, fails_at{0}, live{0};

bool refuses() {
  if (!counting.load(std::memory_order_relaxed)) return false;
  const long number = ++asked, failing = fails_at;
  if (failing == 0 || number < failing || (number > failing && !keeps_failing)) return false;
  errno = ENOMEM;
  return true;
}

void* counted(void* block) {
  if (block) ++live;
  return block;
}

}  // namespace

void count_allocations(long failing, Failing how) {
  fails_at = failing;
  keeps_failing = how == Failing::from_then_on;
  asked = 0;
  counting = true;
}

long stop_counting_allocations() {
  counting = false;
  return asked;
}

long live_blocks() { return live; }

}  // namespace relume::faults

using relume::faults::counted;
using relume::faults::refuses;

extern "C" {

void* malloc(std::size_t size) {
  if (refuses()) return nullptr;
  return counted(__interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size));
}

void* calloc(std::size_t count, std::size_t size) {
  if (refuses()) return nullptr;
  return counted(__interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size));
}

void* realloc(void* block, std::size_t size) {
  if (refuses()) return nullptr;
  void* moved = __interceptor_realloc ? __interceptor_realloc(block, size) : __libc_realloc(block, size);
  if (!block) counted(moved);
  return moved;
}

void* aligned_alloc(std::size_t to, std::size_t size) {
  if (refuses()) return nullptr;
  return counted(__interceptor_aligned_alloc ? __interceptor_aligned_alloc(to, size) : __libc_memalign(to, size));
}

int posix_memalign(void** block, std::size_t to, std::size_t size) {
  void* made = aligned_alloc(to, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) {
  if (block) --relume::faults::live;
  __interceptor_free ? __interceptor_free(block) : __libc_free(block);
}
}
