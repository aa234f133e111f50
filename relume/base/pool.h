// Public. Memory that is reused: freed blocks wait on the thread's own lists, by size, for the next request.
#pragma once

#include <cstddef>
#include <cstdint>

namespace relume::pool {

/// Every block starts on a cache line.
inline constexpr std::size_t alignment = 64;

/// A block of at least `bytes`, aligned to `alignment`, not cleared. Throws std::bad_alloc.
void* allocate(std::size_t bytes);

/// Gives back a block got by allocate(bytes), on any thread.
void deallocate(void* block, std::size_t bytes) noexcept;

/// Bytes that this thread asked for, less those that it gave back: on a program's only thread, all that its tensors
/// and graphs hold.
std::int64_t live_bytes();

/// Bytes that this thread's lists hold for reuse.
std::size_t cached_bytes();

/// Returns this thread's cached blocks to the system.
void release_cached();

}  // namespace relume::pool
