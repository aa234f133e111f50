#include "relume/base/parallel.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/error.h"
#include "relume/base/flush_denormals.h"
#include "relume/base/tasks.h"

namespace relume {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool has_thread_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_thread_sanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool has_thread_sanitizer = false;
#endif

using ::testing::Each;
using ::testing::Gt;

/// Restores the number of threads.
struct Threads {
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before = num_threads();
};

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const int threads : {1, 2, 5}) {
    const Threads guard(threads);
    for (const std::int64_t n : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
      parallel_for(n, 3, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& count : visits) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ParallelFor, RethrowsWhatItsBodyThrows) {
  const Threads guard(2);
  EXPECT_THROW(parallel_for(100, 1,
                            [](std::int64_t, std::int64_t end) {
                              if (end == 100) throw std::out_of_range("late");
                            }),
               std::out_of_range);
}

TEST(ParallelFor, RunsWholeInsideOfAnother) {
  const Threads guard(2);
  std::atomic<int> inner_calls = 0, outer_calls = 0;
  parallel_for(2, 1, [&](std::int64_t, std::int64_t) {
    ++outer_calls;
    parallel_for(100, 1, [&](std::int64_t begin, std::int64_t end) { inner_calls += begin == 0 && end == 100; });
  });
  EXPECT_EQ(inner_calls, outer_calls);
}

TEST(ParallelFor, FlushesDenormalsWhereItsCallerDoes) {
  const Threads guard(9);  // more than before: some threads begin in the first call
  volatile float tiny = 1e-39f;
  std::vector<float> halves(9);
  const auto halve = [&] {
    parallel_for(9, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) halves[static_cast<std::size_t>(i)] = tiny * 0.5f;
    });
    return halves;
  };
  {
    const FlushDenormals flush;
    EXPECT_THAT(halve(), Each(0));
  }
  EXPECT_THAT(halve(), Each(Gt(0)));
  const FlushDenormals flush;
  EXPECT_THAT(halve(), Each(0));
}

TEST(ParallelFor, VisitsEveryIndexOnceForManyCallersAtOnce) {
  const Threads guard(4);
  const auto call_often = [](std::atomic<int>& wrong) {
    for (int round = 0; round < 300; ++round) {
      const std::int64_t n = 1 + round * 7 % 90;
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
      parallel_for(n, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& count : visits) wrong += count != 1;
    }
  };
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) callers.emplace_back([&] { call_often(wrong); });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(ParallelFor, GivesItsCallerTheFirstPiece) {
  const Threads guard(3);
  for (int round = 0; round < 100; ++round) {
    std::thread::id first;
    parallel_for(3, 1, [&](std::int64_t begin, std::int64_t) {
      if (begin == 0) first = std::this_thread::get_id();
    });
    ASSERT_EQ(first, std::this_thread::get_id());
  }
}

TEST(ParallelFor, WorksOnAfterAnException) {
  const Threads guard(3);
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(parallel_for(30, 1, [](std::int64_t, std::int64_t) { throw std::out_of_range("each"); }),
                 std::out_of_range);
    std::atomic<std::int64_t> sum = 0;
    parallel_for(30, 1, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
    ASSERT_EQ(sum, 30);
  }
}

TEST(ParallelFor, WorksInAForkOfAProcessThatUsedIt) {
  if (has_thread_sanitizer) GTEST_SKIP() << "it starts no threads after a fork";
  const Threads guard(2);
  std::atomic<std::int64_t> sum = 0;
  const auto add = [&] { parallel_tasks(100, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; }); };
  add();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // ends a child that hangs
    add();
    _exit(sum == 200 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  add();
  EXPECT_EQ(sum, 200);
}

TEST(ParallelTasks, RunOnSeveralThreads) {
  const Threads guard(2);
  // Each waits for the other one, so that both are needed; for a minute at most.
  std::atomic<int> came = 0;
  parallel_tasks(2, [&](std::int64_t begin, std::int64_t end) {
    came += static_cast<int>(end - begin);
    const auto begun = std::chrono::steady_clock::now();
    while (came < 2 && std::chrono::steady_clock::now() - begun < std::chrono::minutes(1)) std::this_thread::yield();
    EXPECT_EQ(came, 2);
  });
}

TEST(SetNumThreads, RefusesLessThanOne) { EXPECT_THROW(set_num_threads(0), ValueError); }

}  // namespace
}  // namespace relume
