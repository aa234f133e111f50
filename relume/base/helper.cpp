#include "relume/base/helper.h"

#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>

#include <dlfcn.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace relume {
namespace {

/// How long a helper looks for the next work before it sleeps. What one thread does alone between two parts of a
/// training step takes 2 to 50 µs; to wake a thread takes 5 µs of its caller and 20 to 60 until it runs.
constexpr std::int64_t look_for_work = 200'000;
/// How long a caller looks for its helper's end before it sleeps and leaves its processor to it.
constexpr std::int64_t look_for_end = 50'000;
/// A thread that did not run for so long while it could was stopped for another program.
constexpr std::int64_t stopped = 50'000;
/// How long a helper that was stopped takes the machine for crowded.
constexpr std::int64_t crowded_time = 100'000'000;

void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t value) {
#if defined(__linux__)
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
#else
  word.wait(value);
#endif
}

void wake(std::atomic<std::uint32_t>& word) {
#if defined(__linux__)
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
#else
  word.notify_one();
#endif
}

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// What a look at a word again and again ends with.
enum class Look { came, did_not, was_stopped };

template <class F>
Look look(std::int64_t patience, F came) {
  for (std::int64_t begin = steady_nanoseconds(), last = begin, now = begin; now - begin < patience; last = now) {
    for (int i = 0; i < 32; ++i) {
      if (came()) return Look::came;
      relax();
    }
    now = steady_nanoseconds();
    if (now - last > stopped) return Look::was_stopped;
  }
  return Look::did_not;
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

/// What this thread has had of its processor.
std::int64_t processor_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return nanoseconds(time);
}

/// The code that a sleeping thread goes on with must stay, whatever is unloaded.
void keep_loaded() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(&steady_nanoseconds), &here) != 0 && here.dli_fname)
    dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/// While it lives, threads that are started begin with all signals blocked that come from outside: they are for the
/// program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int ours : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF}) sigdelset(&all, ours);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::int64_t steady_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool Share::take_first(std::uint32_t& piece) {
  std::uint64_t left = left_.load(std::memory_order_relaxed);
  do {
    piece = static_cast<std::uint32_t>(left >> 32);
    if (piece >= static_cast<std::uint32_t>(left)) return false;
  } while (!left_.compare_exchange_weak(left, left + (std::uint64_t{1} << 32), std::memory_order_relaxed));
  return true;
}

bool Share::take_last(std::uint32_t& piece) {
  std::uint64_t left = left_.load(std::memory_order_relaxed);
  do {
    const auto end = static_cast<std::uint32_t>(left);
    if (static_cast<std::uint32_t>(left >> 32) >= end) return false;
    piece = end - 1;
  } while (!left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed));
  return true;
}

Helper* Helper::start() {
  static const bool kept = (keep_loaded(), true);
  static_cast<void>(kept);
  auto* helper = new Helper;
  const SignalsBlocked blocked;
  try {
    std::thread([helper] { helper->run(); }).detach();
  } catch (...) {
    delete helper;
    throw;
  }
  return helper;
}

void Helper::give(const Work& work, int place, bool may_spin) {
  work_ = &work;
  place_ = place;
  may_spin_ = may_spin;
  if (state_.exchange(given, std::memory_order_acq_rel) == asleep) wake(state_);
}

bool Helper::take_back() {
  std::uint32_t expected = given;
  return state_.compare_exchange_strong(expected, idle, std::memory_order_acq_rel);
}

std::int64_t Helper::wait() {
  const auto ended = [&] {
    const std::uint32_t state = state_.load(std::memory_order_acquire);
    return state != running && state != awaited;
  };
  const bool is_crowded = steady_nanoseconds() < crowded_until_.load(std::memory_order_relaxed);
  if (!ended() && (is_crowded || look(look_for_end, ended) != Look::came)) {
    std::uint32_t expected = running;
    state_.compare_exchange_strong(expected, awaited, std::memory_order_acq_rel);
    while (!ended()) sleep_while(state_, awaited);
  }
  return took_;
}

void Helper::await_work(bool may_spin) {
  const auto came = [&] { return state_.load(std::memory_order_relaxed) == given; };
  for (;;) {
    const std::int64_t now = steady_nanoseconds();
    if (may_spin && now >= crowded_until_.load(std::memory_order_relaxed) &&
        look(look_for_work, came) == Look::was_stopped)
      crowded_until_.store(now + crowded_time, std::memory_order_relaxed);
    std::uint32_t expected = idle;
    state_.compare_exchange_strong(expected, asleep, std::memory_order_acq_rel);
    while (state_.load(std::memory_order_relaxed) == asleep) sleep_while(state_, asleep);
    expected = given;
    if (state_.compare_exchange_strong(expected, running, std::memory_order_acq_rel)) return;
  }
}

void Helper::run() {
  for (bool may_spin = false;;) {
    await_work(may_spin);
    may_spin = may_spin_;
    const std::int64_t begin = steady_nanoseconds(), had = processor_nanoseconds();
    (*work_)(place_);
    took_ = processor_nanoseconds() - had;
    const std::int64_t end = steady_nanoseconds();
    if (end - begin - took_ > stopped) crowded_until_.store(end + crowded_time, std::memory_order_relaxed);
    if (state_.exchange(idle, std::memory_order_acq_rel) == awaited) wake(state_);
  }
}

}  // namespace relume
