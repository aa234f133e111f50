// Private. A thread that helps others, and sleeps where nobody asks it to.
#pragma once

#include <atomic>
#include <cstdint>

#include "relume/base/function_ref.h"

namespace relume {

/// Pieces [first, end) of somebody's work: they are taken from the front by whose share it is, and from the back by
/// those who have ended their own.
class alignas(64) Share {
 public:
  /// While nobody else knows of it.
  void set(std::uint32_t first, std::uint32_t end) { left_.store(pack(first, end), std::memory_order_relaxed); }
  bool take_first(std::uint32_t& piece);
  bool take_last(std::uint32_t& piece);

 private:
  static std::uint64_t pack(std::uint32_t first, std::uint32_t end) { return std::uint64_t{first} << 32 | end; }

  std::atomic<std::uint64_t> left_{0};
};

/// One thread. It waits for work at a word that it changes together with its caller: a short while looking at it again
/// and again, as work that comes is then begun within a microsecond, then asleep. Where it has lately been stopped for
/// others it sleeps at once: a thread that only looks takes from them, and is taken for as busy as they are.
class Helper {
 public:
  using Work = FunctionRef<void(int)>;

  /// Starts the thread; the object lives as long as the process. Throws std::system_error where it has no more threads.
  static Helper* start();

  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  /// Nobody else gives it work until release().
  bool claim() { return !claimed_.exchange(true, std::memory_order_acquire); }
  void release() { claimed_.store(false, std::memory_order_release); }

  /// Lets it run work(place); `work` must stay until take_back() or wait() returned. `may_spin`: whether there is a
  /// processor for each thread, so that it may look for more work for a while afterwards.
  void give(const Work& work, int place, bool may_spin);
  /// Whether the work had not begun, and will not.
  bool take_back();
  /// Until the work is done. Returns the processor time that it took, in nanoseconds.
  std::int64_t wait();

  Share share;  ///< of its caller's work

 private:
  Helper() = default;
  [[noreturn]] void run();
  void await_work(bool may_spin);

  enum State : std::uint32_t { idle, asleep, given, running, awaited };

  alignas(64) std::atomic<std::uint32_t> state_{idle};
  std::atomic<bool> claimed_{false};
  bool may_spin_ = false;
  int place_ = 0;
  const Work* work_ = nullptr;
  std::int64_t took_ = 0;
  std::atomic<std::int64_t> crowded_until_{0};  ///< by the steady clock, in nanoseconds
};

/// Nanoseconds of a clock that never goes back.
std::int64_t steady_nanoseconds();

}  // namespace relume
