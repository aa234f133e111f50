#include "relume/data/builtin.h"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

TEST(Builtin, GivesTheSameTableForASeedAndAnotherForAnother) {
  for (const std::string_view name : builtin_names()) {
    const Table a = builtin(name, {.rows = 100, .seed = 3}), b = builtin(name, {.rows = 100, .seed = 3}),
                c = builtin(name, {.rows = 100, .seed = 4});
    EXPECT_EQ(a.rows(), 100);
    EXPECT_EQ(a.columns[0].numbers, b.columns[0].numbers) << name;
    EXPECT_NE(a.columns[0].numbers, c.columns[0].numbers) << name;
  }
}

TEST(Builtin, GivesTwoClassesOfTheSameSize) {
  for (const char* name : {"spirals", "moons", "circles"}) {
    const Table table = builtin(name);
    ASSERT_EQ(table.rows(), 2000);
    double ones = 0;
    for (const double label : table.find("label")->numbers) ones += label;
    EXPECT_EQ(ones, 1000) << name;
  }
}

TEST(Builtin, PutsTheCirclesAtTheirRadii) {
  const Table table = builtin("circles");
  double sum[2] = {0, 0};
  for (std::size_t i = 0; i < 2000; ++i)
    sum[static_cast<int>(table.columns[2].numbers[i])] +=
        std::hypot(table.columns[0].numbers[i], table.columns[1].numbers[i]);
  EXPECT_NEAR(sum[0] / 1000, 1.0, 0.02);
  EXPECT_NEAR(sum[1] / 1000, 0.5, 0.02);
}

TEST(Builtin, FollowsFriedmansFormulaWithNoiseOfOne) {
  const Table table = builtin("friedman", {.rows = 20000});
  double squares = 0, mean = 0;
  for (std::size_t i = 0; i < 20000; ++i) {
    const auto x = [&](std::size_t j) { return table.columns[j - 1].numbers[i]; };
    const double y =
        10 * std::sin(std::numbers::pi * x(1) * x(2)) + 20 * std::pow(x(3) - 0.5, 2) + 10 * x(4) + 5 * x(5);
    const double noise = table.columns[10].numbers[i] - y;
    mean += noise / 20000;
    squares += noise * noise / 20000;
  }
  EXPECT_NEAR(mean, 0, 0.03);
  EXPECT_NEAR(squares, 1, 0.05);
}

TEST(Builtin, ListsItsNamesWhereItDoesNotKnowOne) {
  EXPECT_THAT(message_of<InputError>([] { builtin("swirls"); }),
              ::testing::HasSubstr("spirals, moons, circles, friedman"));
}

}  // namespace
}  // namespace relume::data
