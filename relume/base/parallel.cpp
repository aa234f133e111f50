#include "relume/base/parallel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>

#include <pthread.h>

#include "relume/base/flush_denormals.h"
#include "relume/base/helper.h"
#include "relume/base/processors.h"
#include "relume/base/require.h"
#include "relume/base/tasks.h"

namespace relume {
namespace {

using Body = FunctionRef<void(std::int64_t, std::int64_t)>;

std::atomic<int> threads_wanted{0};
constinit thread_local bool in_parallel = false;

int usable_processors() {
  static const int count = processors();
  return count;
}

int threads_at_start() {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  const long threads = wanted ? std::strtol(wanted, nullptr, 10) : 0;
  return threads >= 1 ? static_cast<int>(std::min(threads, 1024L)) : usable_processors();
}

/// Helpers that were started so far.
class Helpers {
 public:
  static constexpr int most = 255;

  /// Claims up to `count` free ones among the first `count`, always in the same order: the same thread then has the
  /// same share of the same memory in each operation.
  int claim(int count, Helper** claimed) {
    int found = 0;
    for (int i = 0; i < std::min(count, most); ++i) {
      Helper* helper = helper_at(i);
      if (!helper) break;
      if (helper->claim()) claimed[found++] = helper;
    }
    return found;
  }

 private:
  Helper* helper_at(int i) {
    std::atomic<Helper*>& place = all_[static_cast<std::size_t>(i)];
    Helper* helper = place.load(std::memory_order_acquire);
    if (helper || has_no_more_.load(std::memory_order_relaxed)) return helper;
    const std::scoped_lock lock(starting_);
    if ((helper = place.load(std::memory_order_relaxed))) return helper;
    try {
      place.store(helper = Helper::start(), std::memory_order_release);
    } catch (const std::system_error&) {
      has_no_more_ = true;
    }
    return helper;
  }

  std::array<std::atomic<Helper*>, most> all_{};
  std::atomic<bool> has_no_more_{false};
  std::mutex starting_;
};

std::atomic<Helpers*> all_helpers{nullptr};

/// Never deleted: helpers sleep on when the program ends. A fork has this thread alone and begins with none.
Helpers& helpers() {
  Helpers* found = all_helpers.load(std::memory_order_acquire);
  if (found) return *found;
  static const int registered = pthread_atfork(nullptr, nullptr, [] { all_helpers = nullptr; });
  static_cast<void>(registered);
  auto* made = new Helpers;
  if (all_helpers.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *found;
}

/// What helpers save a thread, and whether it asks for them. A helper saves the processor time that it spends on the
/// work; asking for it and waiting for it at the end are what it costs. On a processor that other programs use as well
/// a helper is stopped amid its work for milliseconds. Once it has cost more than it saved, the thread goes alone for a
/// while, and for a longer one each time that another trial ends so: at worst it loses `largest` at first, then what
/// one trial costs each quarter of a second.
class Account {
 public:
  bool pays() {
    if (pause_end_ == 0) return true;
    if (steady_nanoseconds() < pause_end_) return false;
    pause_end_ = 0;
    return true;
  }

  void add(std::int64_t saved) {
    credit_ = std::min(credit_ + saved, largest);
    if (credit_ == largest) pause_ = 0;
    if (credit_ >= 0) return;
    pause_ = std::clamp(2 * pause_, shortest_pause, longest_pause);
    pause_end_ = steady_nanoseconds() + pause_;
    credit_ = trial;
  }

 private:
  static constexpr std::int64_t largest = 2'000'000, trial = 200'000;  // nanoseconds
  static constexpr std::int64_t shortest_pause = 5'000'000, longest_pause = 250'000'000;

  std::int64_t credit_ = largest, pause_ = 0, pause_end_ = 0;
};

constinit thread_local Account account;

/// [0, n) in as many equal shares as threads, each in pieces.
class Region {
 public:
  Region(std::int64_t n, Body body) : n_(n), body_(body) {}

  /// Returns the nanoseconds that it saved.
  std::int64_t run(int threads) {
    threads_ = 1 + helpers().claim(threads - 1, helpers_.data());
    if (threads_ == 1) {
      body_(0, n_);
      return 0;
    }
    divide();
    const std::int64_t begin = steady_nanoseconds();
    const auto help = [this](int place) { take_part(place); };
    const Helper::Work work(help);
    for (int i = 1; i < threads_; ++i) helper(i)->give(work, i, threads_ <= usable_processors());
    const std::int64_t given = steady_nanoseconds();
    in_parallel = true;
    call(0, 0);
    take_pieces(0);
    in_parallel = false;
    const std::int64_t ended = steady_nanoseconds();
    const std::int64_t helped = await();
    if (error_) std::rethrow_exception(error_);
    return helped - (given - begin) - (steady_nanoseconds() - ended);
  }

 private:
  static constexpr std::int64_t pieces_of_share = 4;

  Helper* helper(int place) const { return helpers_[static_cast<std::size_t>(place - 1)]; }
  Share& share(int place) { return place == 0 ? own_ : helper(place)->share; }

  void divide() {
    share_ = (n_ + threads_ - 1) / threads_;
    piece_ = (share_ + pieces_of_share - 1) / pieces_of_share;
    for (int place = 0; place < threads_; ++place) {
      const std::int64_t count = std::clamp<std::int64_t>(n_ - place * share_, 0, share_);
      // The first piece is the caller's, whoever comes first.
      share(place).set(place == 0 ? 1 : 0, static_cast<std::uint32_t>((count + piece_ - 1) / piece_));
    }
  }

  /// A helper's.
  void take_part(int place) {
    const FlushDenormals as_the_caller(mode_);
    in_parallel = true;
    take_pieces(place);
  }

  void take_pieces(int place) {
    std::uint32_t piece = 0;
    while (!failed_.load(std::memory_order_relaxed) && share(place).take_first(piece)) call(place, piece);
    for (int i = 1; i < threads_; ++i) {
      const int other = (place + i) % threads_;
      while (!failed_.load(std::memory_order_relaxed) && share(other).take_last(piece)) call(other, piece);
    }
  }

  void call(int place, std::uint32_t piece) {
    const std::int64_t first = place * share_, begin = first + piece * piece_;
    try {
      body_(begin, std::min({n_, first + share_, begin + piece_}));
    } catch (...) {
      if (!failed_.exchange(true, std::memory_order_relaxed)) error_ = std::current_exception();
    }
  }

  /// Until no helper knows of the region any more. Returns the processor time of them all.
  std::int64_t await() {
    std::int64_t helped = 0;
    std::array<bool, Helpers::most> begun;
    for (int i = 1; i < threads_; ++i) begun[static_cast<std::size_t>(i - 1)] = !helper(i)->take_back();
    for (int i = 1; i < threads_; ++i) {
      if (begun[static_cast<std::size_t>(i - 1)]) helped += helper(i)->wait();
      helper(i)->release();
    }
    return helped;
  }

  std::int64_t n_, share_ = 0, piece_ = 0;
  Body body_;
  int threads_ = 1;
  unsigned mode_ = FlushDenormals::mode();
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  Share own_;
  std::array<Helper*, Helpers::most> helpers_;
};

/// The threads for [0, n); 1 where it is for this thread alone.
int threads_for(std::int64_t n, std::int64_t grain) {
  if (n <= grain || in_parallel) return 1;
  grain = std::max<std::int64_t>(grain, 1);
  return static_cast<int>(std::min<std::int64_t>(num_threads(), (n + grain - 1) / grain));
}

}  // namespace

void set_num_threads(int threads) {
  require(threads >= 1, "set_num_threads: {} is not at least 1", threads);
  threads_wanted = threads;
}

int num_threads() {
  const int wanted = threads_wanted.load(std::memory_order_relaxed);
  if (wanted > 0) return wanted;
  static const int at_start = threads_at_start();
  return at_start;
}

void parallel_for(std::int64_t n, std::int64_t grain, Body body) {
  if (n <= 0) return;
  const int threads = threads_for(n, grain);
  if (threads == 1 || !account.pays()) return body(0, n);
  account.add(Region(n, body).run(threads));
}

void parallel_tasks(std::int64_t n, Body body) {
  if (n <= 0) return;
  const int threads = threads_for(n, 1);
  if (threads == 1) return body(0, n);
  Region(n, body).run(threads);
}

}  // namespace relume
