#include "relume/train/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/data/builtin.h"

namespace relume::training {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PairedTest, GivesStudentsDistributionAsScipyDoes) {
  struct Case {
    double t;
    std::int64_t degrees;
    double p;
  };
  // 2 * scipy.stats.t.sf(|t|, degrees)
  const Case cases[] = {{0.5, 1, 0.704832764699133},
                        {2.0, 1, 0.295167235300867},
                        {12.706204736, 1, 0.0500000000006847},
                        {1.0, 2, 0.422649730810374},
                        {4.302652729911, 2, 0.0499999999965225},
                        {2.5, 3, 0.0877066470080656},
                        {2.7764451051977987, 4, 0.0499999999999998},
                        {3.1, 7, 0.0173222894254975},
                        {1.96, 30, 0.0593423128960505},
                        {-2.2, 12, 0.0481368134450225}};
  for (const Case& c : cases) EXPECT_NEAR(student_t_two_sided(c.t, c.degrees), c.p, 1e-12) << c.t << " " << c.degrees;
  for (const Case& c : cases) EXPECT_NEAR(student_t_critical(c.p, c.degrees), std::abs(c.t), 1e-6);
}

TEST(PairedTest, GivesIntervalsAndProbabilitiesAsScipyDoes) {
  const std::vector<double> a = {0.91, 0.93, 0.90, 0.95, 0.92}, b = {0.90, 0.91, 0.90, 0.93, 0.89};
  EXPECT_NEAR(paired_p(a, b), 0.0349197066745, 1e-10);
  EXPECT_NEAR(mean_of(a).mean, 0.922, 1e-12);
  EXPECT_NEAR(mean_of(a).half_width, 0.02388388388, 1e-8);
}

TEST(PairedTest, ShowsNothingByOneMeasurementOrEqualOnes) {
  EXPECT_EQ(paired_p(std::vector<double>{1}, std::vector<double>{2}), 1);
  EXPECT_EQ(paired_p(std::vector<double>{1, 2, 3}, std::vector<double>{1, 2, 3}), 1);
  EXPECT_EQ(mean_of(std::vector<double>{3}).half_width, 0);
  EXPECT_THROW(paired_p(std::vector<double>{1}, std::vector<double>{1, 2}), ValueError);
}

TEST(PairedTest, CorrectsForTheNumberOfTestsAsHolmDid) {
  EXPECT_THAT(
      holm(std::vector<double>{0.01, 0.04, 0.03, 0.005}),
      ElementsAre(testing::DoubleEq(0.03), testing::DoubleEq(0.06), testing::DoubleEq(0.06), testing::DoubleEq(0.02)));
  EXPECT_THAT(holm(std::vector<double>{0.9, 0.8}), ElementsAre(1, 1));
}

CompareOptions options_with(std::vector<std::string> activations) {
  CompareOptions options;
  options.train.epochs = 15;
  options.train.lr = 0.01;
  options.train.hidden = {16, 16};
  options.activations = std::move(activations);
  return options;
}

data::Source moons() { return data::builtin("moons", {.rows = 400, .seed = 3}); }

TEST(Compare, NamesAWinnerWhereOneIsClearlyBetter) {
  const Comparison c = compare(moons(), options_with({"identity", "relu"}));
  EXPECT_EQ(c.best, 1u);
  EXPECT_THAT(c.not_worse, IsEmpty());
  ASSERT_EQ(c.pairs.size(), 1u);
  EXPECT_LT(c.pairs[0].difference, -0.03);
  EXPECT_EQ(c.measured_on, "test set");
}

TEST(Compare, ShowsNoDifferenceBetweenTwoNamesOfOneFunction) {
  const Comparison c = compare(moons(), options_with({"relu", "general_relu"}));
  EXPECT_THAT(c.values(0, &ComparedRun::metric), testing::ElementsAreArray(c.values(1, &ComparedRun::metric)));
  EXPECT_EQ(c.pairs[0].p, 1);
  EXPECT_EQ(c.not_worse.size(), 1u);
}

TEST(Compare, GivesTheSameRunsWhateverElseIsCompared) {
  const Comparison two = compare(moons(), options_with({"relu", "elu"})),
                   three = compare(moons(), options_with({"tanh", "elu", "relu"}));
  EXPECT_EQ(two.values(0, &ComparedRun::loss), three.values(2, &ComparedRun::loss));
  EXPECT_EQ(two.values(1, &ComparedRun::loss), three.values(1, &ComparedRun::loss));
  EXPECT_GT(two.runs.front().sparsity, 0.2);
  EXPECT_EQ(two.runs.back().sparsity, 0);
}

TEST(Compare, RefusesWhatIsNoComparison) {
  EXPECT_THROW(compare(moons(), options_with({"relu"})), ValueError);
  EXPECT_THROW(compare(moons(), options_with({"relu", "relu"})), ValueError);
  EXPECT_THROW(compare(moons(), options_with({"relu", "rulu"})), ValueError);
}

TEST(Compare, EndsWithoutAResultWhenItIsStopped) {
  const std::atomic<bool> stop = true;
  EXPECT_THROW(compare(moons(), options_with({"relu", "elu"}), {}, &stop), Error);
}

}  // namespace
}  // namespace relume::training
