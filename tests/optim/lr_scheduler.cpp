// Schedules beside PyTorch's over 200 steps, for two groups of different rates.
#include "relume/optim/lr_scheduler.h"

#include <gtest/gtest.h>

#include "relume/ops/comparison.h"
#include "relume/optim/sgd.h"
#include "tests/reference/stored.h"

namespace relume::optim {
namespace {

SGD two_groups() {
  const Tensor a = zeros({1}, {float32, true}), b = zeros({1}, {float32, true});
  return SGD({{{a}, {.lr = 0.02}}, {{b}, {.lr = 0.05}}});
}

void expect_rates(const std::string& name, const LrRule& rule) {
  const std::vector<double> expected = stored(stored_tensors("optimizers"), "schedule " + name).to_vector<double>();
  ASSERT_EQ(expected.size(), 400u);
  SGD sgd = two_groups();
  LrScheduler schedule(sgd, rule);
  for (std::size_t step = 0; step < 200; ++step) {
    for (const std::size_t group : {0, 1})
      ASSERT_NEAR(sgd.lr(group), expected[2 * step + group], 1e-12) << name << " step " << step << " group " << group;
    schedule.step();
  }
}

TEST(LrScheduler, WalksWherePyTorchsWalk) {
  expect_rates("step", step_lr(30, 0.7));
  expect_rates("multi_step", multi_step_lr({20, 90, 150}, 0.5));
  expect_rates("exponential", exponential_lr(0.98));
  expect_rates("linear", linear_lr(0.1, 0.8, 40));
  expect_rates("cosine", cosine_annealing_lr(200, 0.001));
  expect_rates("restarts", cosine_warm_restarts_lr(25, 2, 0.001));
  expect_rates("restarts alike", cosine_warm_restarts_lr(30));
  expect_rates("one_cycle", one_cycle_lr(201));
}

TEST(LrScheduler, JoinsRulesAsPyTorchs) {
  expect_rates("sequential",
               sequential_lr({linear_lr(0.1, 1, 20), cosine_annealing_lr(100), exponential_lr(0.95)}, {20, 120}));
  expect_rates("chained", chained_lr({linear_lr(0.2, 1, 50), exponential_lr(0.99)}));
}

TEST(LrScheduler, GoesOnFromAnyStep) {
  SGD one = two_groups(), two = two_groups();
  LrScheduler walked(one, one_cycle_lr(50)), jumped(two, one_cycle_lr(50));
  for (int i = 0; i < 31; ++i) walked.step();
  jumped.go_to(31);
  EXPECT_EQ(one.lr(1), two.lr(1));
  EXPECT_EQ(jumped.steps(), 31);
}

TEST(ReduceLROnPlateau, FallsWherePyTorchsFalls) {
  const io::SafeTensors file = stored_tensors("optimizers");
  const std::vector<double> metric = stored(file, "plateau metric").to_vector<double>();
  for (const bool larger : {false, true}) {
    const std::vector<double> expected = stored(file, larger ? "plateau 1" : "plateau 0").to_vector<double>();
    SGD sgd = two_groups();
    ReduceLROnPlateau schedule(
        sgd, {.larger_is_better = larger, .factor = 0.3, .patience = 4, .cooldown = 3, .min_lr = 0.001});
    for (std::size_t i = 0; i < metric.size(); ++i) {
      schedule.step(larger ? -metric[i] : metric[i]);
      for (const std::size_t group : {0, 1})
        ASSERT_NEAR(sgd.lr(group), expected[2 * i + group], 1e-12) << larger << " step " << i;
    }
    EXPECT_EQ(sgd.lr(), 0.001);
  }
}

TEST(LrRule, RefusesWhatMakesNoSchedule) {
  EXPECT_THROW(step_lr(0), ValueError);
  EXPECT_THROW(multi_step_lr({5, 5}), ValueError);
  EXPECT_THROW(cosine_warm_restarts_lr(10, 0), ValueError);
  EXPECT_THROW(one_cycle_lr(0), ValueError);
  EXPECT_THROW(sequential_lr({exponential_lr(0.9)}, {3}), ValueError);
  SGD sgd = two_groups();
  EXPECT_THROW(ReduceLROnPlateau(sgd, {.factor = 1}), ValueError);
}

}  // namespace
}  // namespace relume::optim
