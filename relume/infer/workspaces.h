// Private. Memory for the calls of large networks, set aside beforehand.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include "relume/infer/block.h"

namespace relume::infer {

/// Up to 64 blocks of so many floats, which calls take and give back without a lock.
class Workspaces {
 public:
  Workspaces(int count, std::size_t floats)
      : floats_(static_cast<std::size_t>(rounded_up(static_cast<std::int64_t>(floats)))),
        memory_(static_cast<std::size_t>(count) * floats_),
        free_(count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) {}

  std::size_t floats() const { return floats_; }

  /// A block for as long as it lives, or none where all are taken.
  class Lease {
   public:
    explicit Lease(const Workspaces& all) : all_(all) {
      std::uint64_t free = all.free_.load(std::memory_order_relaxed);
      while (free && !all.free_.compare_exchange_weak(free, free & (free - 1), std::memory_order_acquire)) continue;
      bit_ = free & (~free + 1);
    }
    ~Lease() { all_.free_.fetch_or(bit_, std::memory_order_release); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    float* data() const {
      return bit_ ? all_.memory_.data() + static_cast<std::size_t>(std::countr_zero(bit_)) * all_.floats_ : nullptr;
    }

   private:
    const Workspaces& all_;
    std::uint64_t bit_ = 0;  // of its block; 0: none
  };

 private:
  std::size_t floats_;
  Block memory_;
  mutable std::atomic<std::uint64_t> free_;
};

}  // namespace relume::infer
