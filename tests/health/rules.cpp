#include <cmath>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/health/rule.h"
#include "relume/tensor/tensor.h"

namespace relume::health {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A run of three weight matrices that learns as it should: what each test spoils in one place.
Measurements healthy_run(int checks = 20) {
  Measurements m;
  m.weight_names = {"0.weight", "2.weight", "4.weight"};
  m.first_loss = 1;
  m.full_lr = 1e-3;
  for (int i = 0; i < checks; ++i) {
    Check check;
    check.step = 16 * i;
    check.smoothed_loss = check.loss = check.lowest_loss = std::exp(-0.1 * i);
    check.lr = 1e-3;
    check.gradient_norm = 1;
    check.weights = {{1e-3, 5e-3}, {5e-3, 5e-3}, {1e-2, 5e-3}};
    m.checks.push_back(check);
  }
  m.step = 16 * (checks - 1);
  return m;
}

std::vector<std::string> rules_of(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) names.push_back(finding.rule);
  return names;
}

template <class Spoil>
std::vector<Finding> after(Spoil spoil, int checks = 20) {
  Measurements m = healthy_run(checks);
  spoil(m);
  return judge(m);
}

TEST(Rules, AreSilentAboutAHealthyRun) {
  for (const int checks : {0, 1, 2, 3, 20, 100}) EXPECT_TRUE(judge(healthy_run(checks)).empty()) << checks;
}

TEST(Rules, SayWhatTheyLack) {
  const Measurements nothing;
  for (const Rule& rule : rules()) EXPECT_FALSE(rule.judge(nothing, {}).cannot_judge.empty()) << rule.name;
}

TEST(VanishingGradient, FiresAfterThreeChecksInARow) {
  for (const int sick : {1, 2, 3, 4}) {
    const auto findings = after([&](Measurements& m) {
      for (int i = 0; i < sick; ++i)
        m.checks[m.checks.size() - 1 - static_cast<std::size_t>(i)].weights[0] = {9e-6, 1e-3};
    });
    EXPECT_EQ(findings.size(), sick >= 3 ? 1u : 0u) << sick;
  }
}

TEST(VanishingGradient, IsAnErrorWhereTheLossStandsStill) {
  const auto vanish = [](Measurements& m) {
    for (Check& check : m.checks) check.weights[0].gradient_rms = 9e-6;
  };
  auto findings = after(vanish);
  ASSERT_THAT(rules_of(findings), ElementsAre("vanishing_gradient"));
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[0].layer, "0.weight");
  EXPECT_EQ(findings[0].step, 0);
  findings = after([&](Measurements& m) {
    vanish(m);
    for (Check& check : m.checks) check.smoothed_loss = check.lowest_loss = 1;
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("vanishing_gradient"));
  EXPECT_EQ(findings[0].severity, Severity::error);
}

TEST(ExplodingGradient, TakesALargeNormAndARisingLoss) {
  const auto large = [](Measurements& m) {
    for (std::size_t i = 17; i < 20; ++i) m.checks[i].gradient_norm = 101;
  };
  EXPECT_TRUE(after(large).empty()) << "the loss still falls";
  const auto findings = after([&](Measurements& m) {
    large(m);
    for (std::size_t i = 17; i < 20; ++i) m.checks[i].smoothed_loss = 2;
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("exploding_gradient"));
  EXPECT_EQ(findings[0].step, 16 * 17);
  EXPECT_EQ(findings[0].severity, Severity::error);
}

TEST(ExplodingGradient, IsWhatIsNoNumber) {
  const auto findings = after([](Measurements& m) { m.not_finite_step = 77; });
  ASSERT_THAT(rules_of(findings), ElementsAre("exploding_gradient"));
  EXPECT_EQ(findings[0].step, 77);
}

TEST(StepTooLarge, NamesTheLayerAndSinceWhen) {
  const auto findings = after([](Measurements& m) {
    for (std::size_t i = 16; i < 20; ++i) m.checks[i].weights[1].update_ratio = 0.4;
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("step_too_large"));
  EXPECT_EQ(findings[0].layer, "2.weight");
  EXPECT_EQ(findings[0].step, 16 * 16);
  EXPECT_THAT(to_string(findings[0]), HasSubstr("0.4"));
}

TEST(StepTooSmall, KnowsTheScheduleAndTheEnd) {
  const auto still = [](Measurements& m) {
    for (Check& check : m.checks) {
      for (WeightCheck& weight : check.weights) weight.update_ratio = 1e-7;
      check.smoothed_loss = check.lowest_loss = 0.9;
    }
  };
  EXPECT_THAT(rules_of(after(still)), ElementsAre("step_too_small"));
  EXPECT_TRUE(after([&](Measurements& m) {
                still(m);
                m.full_lr = 1;
              }).empty())
      << "the schedule has lowered the rate";
  EXPECT_TRUE(after([&](Measurements& m) {
                still(m);
                m.first_loss = 1000;
              }).empty())
      << "nearly all is learned";
  EXPECT_TRUE(after([&](Measurements& m) {
                still(m);
                for (Check& check : m.checks) check.weights[2].update_ratio = 1e-4;
              }).empty())
      << "one matrix moves";
}

TEST(Diverging, TakesARiseThatMattersAndStays) {
  const auto rise_to = [](double loss) {
    return [loss](Measurements& m) {
      for (std::size_t i = 15; i < 20; ++i) {
        m.checks[i].smoothed_loss = loss;
        m.checks[i].lowest_loss = 0.22;
      }
    };
  };
  EXPECT_THAT(rules_of(after(rise_to(0.6))), ElementsAre("diverging"));
  EXPECT_TRUE(after(rise_to(0.4)).empty()) << "a fifth of the first loss";
}

TEST(LossNotImproving, ComparesWithTheStartAndWithAConstantAnswer) {
  const auto stuck = [](double loss) {
    return [loss](Measurements& m) {
      for (Check& check : m.checks) check.smoothed_loss = check.lowest_loss = loss;
    };
  };
  EXPECT_THAT(rules_of(after(stuck(0.99))), ElementsAre("loss_not_improving"));
  EXPECT_TRUE(after(stuck(0.99), 10).empty()) << "too early to say";
  EXPECT_TRUE(after(stuck(0.7)).empty());
  const auto findings = after([&](Measurements& m) {
    stuck(0.7)(m);
    m.constant_loss = 0.69;
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("loss_not_improving"));
  EXPECT_THAT(findings[0].cause, HasSubstr("constant answer"));
}

TEST(LossNotImproving, SaysAtTheEndOfAShortRunThatItWasShort) {
  const auto ended = [](double loss) {
    return after([=](Measurements& m) {
      m.ended = true;
      m.step = 100;
      m.first_loss = 1;
      m.epochs.assign(20, {loss, std::nullopt});
    });
  };
  ASSERT_THAT(rules_of(ended(0.99)), ElementsAre("loss_not_improving"));
  EXPECT_EQ(to_string(ended(0.99)[0].remedy, Voice::command_line), "So few steps are seldom enough. Try --epochs 400.");
  EXPECT_TRUE(ended(0.7).empty());
}

TEST(LossNotImproving, LooksAtRowsThatWereNotTrainedOn) {
  const auto judged = [](double valid) {
    return after([=](Measurements& m) {
      m.constant_valid_loss = 0.69;
      for (const double train : {0.7, 0.68, 0.65, 0.6}) m.epochs.push_back({train, valid});
    });
  };
  ASSERT_THAT(rules_of(judged(0.695)), ElementsAre("loss_not_improving"));
  EXPECT_THAT(judged(0.695)[0].cause, HasSubstr("does not hold for others"));
  EXPECT_TRUE(judged(0.6).empty());
}

TEST(Overfitting, TakesThreeEpochsOfBoth) {
  for (const auto& [valid, fires] : {std::pair(0.62, true), {0.55, false}}) {
    const auto findings = after([value = valid](Measurements& m) {
      for (const double train : {0.6, 0.5, 0.4, 0.3, 0.2}) m.epochs.push_back({train, train >= 0.5 ? 0.48 : value});
    });
    EXPECT_EQ(rules_of(findings) == std::vector<std::string>{"overfitting"}, fires) << valid;
  }
}

TEST(Overfitting, DoesNoHarmToGoodWeightsThatAreKept) {
  const auto severity = [](bool keeps_best, double best) {
    const auto findings = after([=](Measurements& m) {
      m.keeps_best = keeps_best;
      m.constant_valid_loss = 0.69;
      for (const double train : {0.6, 0.5, 0.4, 0.3, 0.2}) m.epochs.push_back({train, train >= 0.5 ? best : 0.9});
    });
    EXPECT_EQ(rules_of(findings), std::vector<std::string>{"overfitting"});
    return findings.at(0).severity;
  };
  EXPECT_EQ(severity(true, 0.2), Severity::info);
  EXPECT_EQ(severity(true, 0.48), Severity::warning);
  EXPECT_EQ(severity(false, 0.2), Severity::warning);
}

TEST(InputRules, NameTheColumn) {
  const auto findings = after([](Measurements& m) {
    m.inputs = {{"age", 0, 1}, {"salary", 50000, 20000}, {"always", 1, 0}, {"height", 0.2, 1.1}};
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("unscaled_feature", "constant_feature"));
  EXPECT_THAT(findings[0].units, ElementsAre(1));
  EXPECT_THAT(findings[0].cause, HasSubstr("salary"));
  EXPECT_THAT(findings[1].units, ElementsAre(2));
}

TEST(InputRules, TellWhatIsNoNumberFromWhatIsConstant) {
  Tensor x = zeros({50, 3});
  for (std::int64_t i = 0; i < 50; ++i) x.data<float>()[3 * i] = x.data<float>()[3 * i + 2] = static_cast<float>(i);
  x.data<float>()[3 * 7] = NAN;
  for (std::int64_t i = 0; i < 50; ++i) x.data<float>()[3 * i + 1] = i == 4 ? HUGE_VALF : 1;
  Measurements m;
  m.inputs = measure_columns(x, {"a", "b", "c"});
  EXPECT_EQ(m.inputs[0].not_finite, 1);
  EXPECT_NEAR(m.inputs[0].mean, (1225.0 - 7) / 49, 1e-9);
  const auto findings = judge(m);
  ASSERT_THAT(rules_of(findings), ElementsAre("not_finite_feature"));
  EXPECT_THAT(findings[0].units, ElementsAre(0, 1));
  EXPECT_THAT(findings[0].cause, HasSubstr("a in 1, b in 1"));
}

TEST(ZeroGradient, IsNotASmallStep) {
  const auto findings = after([](Measurements& m) {
    for (Check& check : m.checks) {
      for (WeightCheck& weight : check.weights) weight = {0, 0};
      check.smoothed_loss = check.lowest_loss = 1;
    }
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("zero_gradient"));
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_THAT(to_string(findings[0]), ::testing::Not(HasSubstr("lr")));
}

TEST(ZeroGradient, IsExplainedByALayerThatNeverFiresHoweverFewTheRows) {
  const auto findings = after([](Measurements& m) {
    LayerActivity dead{"relu3", ActivationKind::rectifier, 150, {0}};
    dead.silent_since = 48;
    m.activity = {{"relu1", ActivationKind::rectifier, 150, {150, 60, 80}}, dead};
    for (Check& check : m.checks) {
      for (WeightCheck& weight : check.weights) weight = {0, 0};
      check.smoothed_loss = check.lowest_loss = 1;
    }
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("dead_units"));
  EXPECT_EQ(findings[0].layer, "relu3");
  EXPECT_EQ(findings[0].step, 48);
}

TEST(VanishingGradient, IsNotThatOfALayerThatIsNotTrained) {
  EXPECT_TRUE(after([](Measurements& m) {
                for (Check& check : m.checks) check.weights[0] = {std::nan(""), 0};
              }).empty());
}

TEST(OneAnswer, IsSaidOfClassesAndOfNumbers) {
  Measurements m;
  m.answers = Answers{.rows = 500, .classes = 2, .answered = 1, .first = 1, .label = "fine", .share = 0.96};
  auto findings = judge(m);
  ASSERT_THAT(rules_of(findings), ElementsAre("one_answer"));
  EXPECT_THAT(to_string(findings[0], Voice::command_line), HasSubstr("\"fine\" of all 500 rows, and 96 %"));
  EXPECT_THAT(to_string(findings[0], Voice::command_line), HasSubstr("--class-weights balanced"));
  m.answers->answered = 2;
  EXPECT_TRUE(judge(m).empty());
  m.answers = Answers{.rows = 500, .label = {}, .spread = 1e-3};
  EXPECT_THAT(rules_of(judge(m)), ElementsAre("one_answer"));
  m.weight_decay = 500;
  EXPECT_THAT(to_string(judge(m)[0]), HasSubstr("weight decay of 500"));
  m.answers = Answers{.rows = 500, .label = {}, .spread = 0.3};
  EXPECT_TRUE(judge(m).empty());
  m.answers = Answers{.rows = 3, .classes = 1, .answered = 1, .label = {}};
  EXPECT_TRUE(judge(m).empty()) << "the rows are of one class";
}

TEST(TooFewUnits, IsALayerThroughWhichNotAllGoes) {
  const auto stuck = [](std::size_t units, double loss) {
    return after([=](Measurements& m) {
      m.activity = {{"relu1", ActivationKind::rectifier, 1000, std::vector<std::int64_t>(units, 500)}};
      m.constant_loss = 0.69;
      for (int i = 0; i < 20; ++i) m.epochs.push_back({i < 4 ? 0.6 : loss, std::nullopt});
    });
  };
  const auto findings = stuck(2, 0.48);
  ASSERT_THAT(rules_of(findings), ElementsAre("too_few_units"));
  EXPECT_EQ(findings[0].layer, "relu1");
  EXPECT_TRUE(stuck(16, 0.48).empty());
  EXPECT_TRUE(stuck(2, 0.05).empty()) << "two are enough here";
}

TEST(DeadUnits, ThatWereDeadFromTheFirstStepsOnCostNothingWhereTheLossFell) {
  const auto judged = [](std::int64_t since, double lowest) {
    return after([=](Measurements& m) {
      LayerActivity few = {"relu1", ActivationKind::rectifier, 1000, std::vector<std::int64_t>(20, 500)};
      few.dead_since.assign(20, -1);
      for (std::size_t j = 0; j < 4; ++j) few.fired[j] = 0, few.dead_since[j] = since;
      m.activity = {few};
      for (Check& check : m.checks) check.lowest_loss = lowest;
    })[0];
  };
  EXPECT_EQ(judged(0, 0.1).severity, Severity::info);
  EXPECT_TRUE(judged(0, 0.1).is_idle());
  EXPECT_EQ(judged(160, 0.1).severity, Severity::warning) << "they died while it learned";
  EXPECT_FALSE(judged(160, 0.1).is_idle());
  EXPECT_EQ(judged(0, 0.9).severity, Severity::warning) << "nothing is learned";
}

TEST(Remedies, NameRatesAroundTheRunsOwn) {
  const auto rate_of = [](const std::string& rule, double full, double now, const auto& spoil) {
    const auto findings = after([&](Measurements& m) {
      m.full_lr = full;
      for (Check& check : m.checks) check.lr = now;
      spoil(m);
    });
    for (const Finding& f : findings)
      if (f.rule == rule) return std::stod(f.remedy.options.at(0).second);
    ADD_FAILURE() << rule;
    return 0.0;
  };
  const auto stuck = [](Measurements& m) {
    for (Check& check : m.checks) check.smoothed_loss = check.lowest_loss = 1;
  };
  const auto large = [](Measurements& m) {
    for (Check& check : m.checks) check.weights[1].update_ratio = 3;
  };
  const auto still = [&](Measurements& m) {
    stuck(m);
    for (Check& check : m.checks)
      for (WeightCheck& weight : check.weights) weight.update_ratio = 1e-9;
  };
  // The schedule has taken the rate down to nothing: what is advised is ten times the run's own.
  EXPECT_DOUBLE_EQ(rate_of("loss_not_improving", 1e-3, 1e-29, stuck), 1e-2);
  EXPECT_DOUBLE_EQ(rate_of("step_too_large", 0.5, 0.5, large), 0.02);
  EXPECT_DOUBLE_EQ(rate_of("step_too_large", 1e12, 1e12, large), 0.1) << "not 3e10";
  EXPECT_DOUBLE_EQ(rate_of("step_too_small", 1e-9, 1e-9, still), 1e-3);
}

TEST(Remedies, AreWordedForWhoHearsThem) {
  const Remedy remedy{"Try {}, {} or a smaller {}.", {{"lr", "0.01"}, {"on_dead", "revive"}, {"lr", ""}}};
  EXPECT_EQ(to_string(remedy, Voice::command_line), "Try --lr 0.01, --on-dead revive or a smaller --lr.");
  EXPECT_EQ(to_string(remedy, Voice::options), "Try lr = 0.01, on_dead = revive or a smaller lr.");
  EXPECT_EQ(to_string(remedy, Voice::loop),
            "Try a learning rate of 0.01, revive() on the dead units or a smaller learning rate.");
}

TEST(StepTooLarge, NamesTheWeightDecayThatTakesTheWeightsAway) {
  const auto findings = after([](Measurements& m) {
    m.weight_decay = 500;
    for (Check& check : m.checks) check.weights[1].update_ratio = 0.5;
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("step_too_large"));
  EXPECT_THAT(findings[0].cause, HasSubstr("weight decay of 500"));
  EXPECT_EQ(findings[0].remedy.options[0].first, "weight_decay");
}

TEST(StepTooLarge, ComesBeforeTheGradientThatFadesThroughIt) {
  const auto findings = after([](Measurements& m) {
    for (Check& check : m.checks) {
      check.weights[0] = {1e-9, 0.4};
      check.smoothed_loss = check.lowest_loss = 1;
    }
  });
  EXPECT_THAT(rules_of(findings), ElementsAre("step_too_large"));
}

LayerActivity layer(std::string name, ActivationKind kind, std::vector<std::int64_t> fired,
                    std::vector<std::int64_t> saturated = {}) {
  saturated.resize(fired.size());
  return {std::move(name), kind, 1000, std::move(fired), std::move(saturated)};
}

TEST(UnitRules, CountEachUnitOnItsOwn) {
  const auto findings = after([](Measurements& m) {
    m.activity = {layer("relu1", ActivationKind::rectifier, {500, 9, 10, 0, 400}),
                  layer("relu2", ActivationKind::rectifier, {1000, 1000, 1000, 999}),
                  layer("relu3", ActivationKind::rectifier, {1000, 1000, 400, 999}),
                  layer("tanh1", ActivationKind::bounded, {1000, 1000, 1000}, {951, 949, 0})};
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("dead_units", "saturated_units", "near_dead_units", "always_on_layer"));
  EXPECT_THAT(findings[0].units, ElementsAre(3));
  EXPECT_THAT(findings[1].units, ElementsAre(0));
  EXPECT_THAT(findings[2].units, ElementsAre(1));
  EXPECT_EQ(findings[3].layer, "relu2");
}

TEST(Causes, ComeInPlaceOfWhatTheyExplain) {
  // SGD at a rate of 3: all units of a layer die, and the gradient before them is exactly 0.
  const auto findings = after([](Measurements& m) {
    m.activity = {layer("relu1", ActivationKind::rectifier, {0, 0, 0, 0})};
    for (Check& check : m.checks) {
      check.weights[0].gradient_rms = 0;
      check.weights[1].update_ratio = 0.5;
      check.smoothed_loss = check.lowest_loss = 1;
    }
  });
  ASSERT_THAT(rules_of(findings), ElementsAre("dead_units", "step_too_large"));
  EXPECT_THAT(findings[0].cause, HasSubstr("step was too large"));
}

TEST(Causes, LeaveOtherFindingsAlone) {
  // One dead unit in ten does not explain why nothing arrives.
  const auto findings = after([](Measurements& m) {
    m.activity = {layer("relu1", ActivationKind::rectifier, {0, 300, 400, 300, 300, 200, 100, 300, 400, 500})};
    for (Check& check : m.checks) check.weights[0].gradient_rms = 0;
  });
  EXPECT_THAT(rules_of(findings), ::testing::UnorderedElementsAre("dead_units", "vanishing_gradient"));
}

Verdict loss_below_zero(const Measurements& measurements, const Thresholds&) {
  if (measurements.first_loss >= 0) return {};
  Finding finding;
  finding.rule = "loss_below_zero";
  return {.findings = {finding}};
}

TEST(Rules, MayBeOnesOwn) {
  const Rule own{"loss_below_zero", Subject::state, loss_below_zero, "the first loss"};
  EXPECT_THROW(register_rule({"dead_units", Subject::state, loss_below_zero, ""}), ValueError);
  // In a process of its own: a rule stays.
  EXPECT_EXIT(
      {
        const std::size_t before = rules().size();
        register_rule(own);
        EXPECT_THROW(register_rule(own), ValueError);
        EXPECT_EQ(rules().size(), before + 1);
        EXPECT_THAT(judge(healthy_run()), ::testing::IsEmpty());
        EXPECT_THAT(rules_of(after([](Measurements& m) { m.first_loss = -1; })),
                    ::testing::Contains("loss_below_zero"));
        std::exit(::testing::Test::HasFailure() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace relume::health
