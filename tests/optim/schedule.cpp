#include "relume/optim/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume::optim {
namespace {

TEST(Schedule, IsPyTorchsWhereTheFormulaIsTheSame) {
  const nlohmann::json stored = stored_json("tables").at("schedules");
  const struct {
    const char* name;
    ScheduleOptions options;
    std::int64_t epoch_steps;
  } cases[] = {
      {"step", {.kind = "step", .lr = 0.1, .total_steps = 36, .epoch_steps = 3, .gamma = 0.5, .step_epochs = 4}, 3},
      {"exponential", {.kind = "exponential", .lr = 0.1, .total_steps = 36, .epoch_steps = 3, .gamma = 0.9}, 3},
      {"cosine", {.kind = "cosine", .lr = 0.1, .total_steps = 100, .final_fraction = 0.01}, 1},
  };
  for (const auto& c : cases) {
    const Schedule schedule(c.options);
    const auto rates = stored.at(c.name).get<std::vector<double>>();
    for (std::size_t i = 0; i < rates.size(); ++i)
      for (std::int64_t k = 0; k < c.epoch_steps; ++k)
        EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(i) * c.epoch_steps + k), rates[i], 1e-9)
            << c.name << " " << i;
  }
}

TEST(Schedule, OfOneCycleIsPyTorchs) {
  const auto rates = stored_json("tables").at("schedules").at("onecycle").get<std::vector<double>>();
  const Schedule schedule({.kind = "onecycle", .lr = 0.1, .total_steps = 100});
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_NEAR(schedule.rate(i), rates[static_cast<std::size_t>(i)], 1e-12) << i;
  EXPECT_EQ(schedule.rate(1000), schedule.rate(99));
}

TEST(Schedule, OfAPlateauHalvesWhenTheLossStandsStillAsPyTorchs) {
  const nlohmann::json stored = stored_json("tables").at("plateau");
  Schedule schedule({.kind = "plateau", .lr = 0.1, .total_steps = 100, .patience = 2});
  const auto losses = stored.at("losses").get<std::vector<double>>(),
             rates = stored.at("rates").get<std::vector<double>>();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    schedule.observe(losses[i]);
    EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(i)), rates[i], 1e-12) << i;
  }
  EXPECT_LT(rates.back(), 0.1);
}

TEST(Schedule, ThatIsNoPlateauDoesNotAskWhatTheLossDoes) {
  for (const std::string& kind : schedule_names()) {
    if (kind == "plateau") continue;
    Schedule schedule({.kind = kind, .lr = 0.2, .total_steps = 100, .epoch_steps = 2, .warmup_steps = 5});
    std::vector<double> before;
    for (std::int64_t i = 0; i < 100; ++i) before.push_back(schedule.rate(i));
    for (std::int64_t i = 0; i < 100; ++i) {
      EXPECT_EQ(schedule.rate(i), before[static_cast<std::size_t>(i)]) << kind << " " << i;
      schedule.observe(1 + 0.01 * static_cast<double>(i));
    }
    EXPECT_EQ(schedule.memory().factor, 1) << kind;
  }
}

TEST(Schedule, GrowsLinearlyWhileItWarmsUp) {
  for (const char* kind : {"none", "cosine"}) {
    const Schedule schedule({.kind = kind, .lr = 0.2, .total_steps = 50, .warmup_steps = 4});
    EXPECT_DOUBLE_EQ(schedule.rate(0), 0.05);
    EXPECT_DOUBLE_EQ(schedule.rate(2), 0.15);
    EXPECT_DOUBLE_EQ(schedule.rate(3), 0.2);
    EXPECT_DOUBLE_EQ(schedule.rate(4), 0.2);
  }
}

TEST(Schedule, EndsACosineAtItsFinalFraction) {
  const Schedule schedule({.kind = "cosine", .lr = 0.2, .total_steps = 50, .warmup_steps = 10, .final_fraction = 0.1});
  EXPECT_NEAR(schedule.rate(49), 0.02, 1e-12);
  EXPECT_NEAR(schedule.rate(1000), 0.02, 1e-12);
}

TEST(Schedule, IsKnownByItsName) {
  EXPECT_THAT(schedule_names(),
              testing::IsSupersetOf({"none", "step", "exponential", "cosine", "plateau", "onecycle"}));
  EXPECT_THAT(message_of<ValueError>([] { Schedule({.kind = "linear"}); }), testing::HasSubstr("onecycle"));
  EXPECT_THROW(Schedule({.lr = 0}), ValueError);
}

// PyTorch's pct_start: the rise is the warm-up, and there is one.
TEST(Schedule, AWarmupOfOneCycleIsItsOwnRise) {
  constexpr std::int64_t steps = 100;
  for (const std::int64_t warmup : {1, 10, 60, 100, 200}) {
    const Schedule schedule({.kind = "onecycle", .lr = 0.1, .total_steps = steps, .warmup_steps = warmup});
    const std::int64_t top = std::min(warmup, steps) - 1;
    EXPECT_NEAR(schedule.rate(top), 0.1, 1e-12) << warmup;
    if (top > 0) {
      EXPECT_NEAR(schedule.rate(0), 0.1 / 25, 1e-12) << warmup;
    }
    for (std::int64_t step = 1; step < steps; ++step)
      EXPECT_EQ(schedule.rate(step) > schedule.rate(step - 1), step <= top) << warmup << " at " << step;
  }
  const Schedule usual({.kind = "onecycle", .lr = 0.1, .total_steps = steps}),
      said({.kind = "onecycle", .lr = 0.1, .total_steps = steps, .warmup_steps = 30});
  for (std::int64_t step = 0; step < steps; ++step) EXPECT_DOUBLE_EQ(usual.rate(step), said.rate(step)) << step;
}

}  // namespace
}  // namespace relume::optim
