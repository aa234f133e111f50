// A host with many threads, forks, parallel regions of its own and callbacks that throw: each gets what one alone gets.
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/ops/comparison.h"
#include "relume/train/train.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool has_thread_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_thread_sanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool has_thread_sanitizer = false;
#endif

/// The weights of a small run, all of it from the seed.
std::vector<float> trained(std::uint64_t seed, const Callbacks& callbacks = {}) {
  const TrainOptions options{.hidden = {16, 8}, .epochs = 3, .seed = seed};
  return weights_of(train("builtin:moons", options, callbacks).model);
}

template <class F>
void on_sixteen_threads(F work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) threads.emplace_back([&work, t] { work(t); });
  for (std::thread& thread : threads) thread.join();
}

TEST(ManyThreads, SixteenTrainingsAtOnceEndAsOneAfterAnother) {
  std::vector<std::vector<float>> alone, together(16);
  for (std::uint64_t seed = 0; seed < 16; ++seed) alone.push_back(trained(seed + 1));
  ASSERT_NE(alone[0], alone[1]);
  on_sixteen_threads(
      [&](int t) { together[static_cast<std::size_t>(t)] = trained(static_cast<std::uint64_t>(t) + 1); });
  EXPECT_EQ(together, alone);
}

TEST(ManyThreads, OneActivationGivesSixteenWhatItGivesOne) {
  manual_seed(3);
  nn::Activate relu(Activation("relu")), gelu(Activation("gelu"));
  nn::ActivateAlong softmax(Activation("softmax")), glu(Activation("glu"));
  const Tensor x = randn({300, 64});
  for (nn::Module* shared : std::initializer_list<nn::Module*>{&relu, &gelu, &softmax, &glu}) {
    shared->eval();
    const nn::Module* activation = shared;
    const Tensor expected = (*activation)(x);
    std::atomic<int> different = 0;
    on_sixteen_threads([&](int) {
      for (int i = 0; i < 30; ++i) different += equal((*activation)(x), expected) ? 0 : 1;
    });
    EXPECT_EQ(different, 0);
  }
}

TEST(ManyThreads, AForkOfAProcessThatTrainedTrainsAlike) {
  if (has_thread_sanitizer) GTEST_SKIP() << "it starts no threads after a fork";
  const std::vector<float> expected = trained(7);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // ends a child that hangs
    ::_exit(trained(7) == expected ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(trained(7), expected);
}

#ifdef _OPENMP
TEST(ManyThreads, ACallersParallelRegionGetsWhatOneThreadGets) {
  const std::vector<float> expected = trained(5);
  std::atomic<int> different = 0;
#pragma omp parallel num_threads(4)
  {
    if (trained(5) != expected) ++different;
  }
  EXPECT_EQ(different, 0);
}
#endif

TEST(ManyThreads, ACallbackThatThrowsEndsItsRunAlone) {
  const std::vector<float> expected = trained(2);
  std::atomic<int> thrown = 0, different = 0;
  on_sixteen_threads([&](int t) {
    Callbacks callbacks;
    if (t % 2 == 0)
      callbacks.on_epoch = [](const EpochRow& row) {
        if (row.epoch == 2) throw std::runtime_error("enough");
      };
    try {
      if (trained(2, callbacks) != expected) ++different;
    } catch (const std::runtime_error& error) {
      if (std::string(error.what()) == "enough") ++thrown;
    }
  });
  EXPECT_EQ(thrown, 8);
  EXPECT_EQ(different, 0);
  EXPECT_EQ(trained(2), expected);
}

}  // namespace
}  // namespace relume::training
