// Which columns tell the target, and which targets stand far from the rest.
#include "relume/health/data_facts.h"

#include <cmath>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/health/rule.h"

namespace relume::health {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::int64_t> all_rows(std::int64_t n) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

constexpr std::int64_t n = 400;

data::Column numbers(std::string name, const std::function<double(std::int64_t)>& f) {
  data::Column column{.name = std::move(name)};
  for (std::int64_t i = 0; i < n; ++i) column.numbers.push_back(f(i));
  return column;
}

data::Column texts(std::string name, std::vector<std::string> values, const std::function<int(std::int64_t)>& f) {
  data::Column column{.name = std::move(name), .kind = data::ColumnKind::text, .values = std::move(values)};
  for (std::int64_t i = 0; i < n; ++i) column.codes.push_back(f(i));
  return column;
}

struct Noise {
  Rng rng{3};
  std::vector<double> a, b, c;
  Noise() {
    for (auto* column : {&a, &b, &c})
      for (std::int64_t i = 0; i < n; ++i) column->push_back(rng.normal());
  }
  double x(std::int64_t i) const { return a[static_cast<std::size_t>(i)]; }
  double y(std::int64_t i) const { return b[static_cast<std::size_t>(i)]; }
  double z(std::int64_t i) const { return c[static_cast<std::size_t>(i)]; }
};

/// The names of the columns that are told of, of a table whose last column is the target.
std::vector<std::string> leaks(std::vector<data::Column> columns) {
  data::Table table;
  table.columns = std::move(columns);
  data::Target target = data::Target::choose(table, "last");
  const auto rows = all_rows(n);
  const auto preprocessor = data::Preprocessor::fit(table, std::move(target), rows);
  Measurements m;
  m.data = look_at_table(table, preprocessor, rows);
  std::vector<std::string> names;
  for (const Finding& finding : find_rule("leaking_feature").judge(m, {}).findings) {
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_THAT(to_string(finding, Voice::command_line), HasSubstr("--drop " + finding.remedy.options[0].second));
    names.push_back(finding.remedy.options[0].second);
  }
  return names;
}

TEST(TargetOutlier, IsFoundAmongRowsThatAreHeldOut) {
  const Noise r;
  data::Table table;
  table.columns = {numbers("x", [&](auto i) { return r.x(i); }),
                   numbers("y", [&](auto i) { return i == n - 1 ? 1e9 : r.y(i); })};
  const auto training = all_rows(n - 50);
  const auto preprocessor = data::Preprocessor::fit(table, data::Target::choose(table, "last"), training);
  Measurements m;
  m.data = look_at_table(table, preprocessor, training);
  const auto findings = find_rule("target_outlier").judge(m, {}).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].cause, HasSubstr("1e+09"));
}

/// What outlier_feature says of a column beside a quiet one.
std::vector<Finding> far_numbers(const std::function<double(std::int64_t)>& f) {
  const Noise r;
  data::Table table;
  table.columns = {numbers("quiet", [&](auto i) { return r.x(i); }), numbers("odd", f),
                   numbers("y", [&](auto i) { return r.y(i); })};
  const auto rows = all_rows(n);
  const auto preprocessor = data::Preprocessor::fit(table, data::Target::choose(table, "last"), rows);
  Measurements m;
  m.data = look_at_table(table, preprocessor, rows);
  return find_rule("outlier_feature").judge(m, {}).findings;
}

TEST(OutlierFeature, IsANumberFarFromAllOthers) {
  const Noise r;
  for (const double value : {1e9, -1e9, 1e3, 200.0}) {
    const auto one = far_numbers([&](auto i) { return i == 7 ? value : r.z(i); });
    ASSERT_EQ(one.size(), 1u) << value;
    EXPECT_EQ(one[0].severity, Severity::warning);
    EXPECT_THAT(one[0].cause,
                HasSubstr(fmt::format("1 number of column \"odd\" is far from the others: {:.6g}", value)));
  }
  const auto several = far_numbers([&](auto i) { return i % 100 == 7 ? 1e6 + static_cast<double>(i) : r.z(i); });
  ASSERT_EQ(several.size(), 1u);
  EXPECT_EQ(several[0].evidence[0].second, 4);
}

TEST(OutlierFeature, AdvisesToTakeAMarkForMissing) {
  const Noise r;
  for (const auto& [mark, every] : {std::pair{-999.0, 10}, std::pair{-9999.0, 3}, std::pair{99999.0, 50}}) {
    const auto found = far_numbers([&, mark = mark, every = every](auto i) { return i % every == 0 ? mark : r.z(i); });
    ASSERT_EQ(found.size(), 1u) << mark;
    EXPECT_EQ(found[0].evidence[0].second, (n + every - 1) / every);
    EXPECT_THAT(to_string(found[0], Voice::command_line), HasSubstr(fmt::format("--na {:g}", mark)));
  }
  // An age of 0 to 90 and 999.
  EXPECT_EQ(far_numbers([&](auto i) { return i % 9 ? static_cast<double>(i % 91) : 999.0; }).size(), 1u);
}

TEST(OutlierFeature, IsNoneAmongSkewedNumbersFlagsAndCounts) {
  const Noise r;
  EXPECT_THAT(far_numbers([&](auto i) { return r.z(i); }), IsEmpty());
  EXPECT_THAT(far_numbers([&](auto i) { return std::exp(2 * r.z(i)); }), IsEmpty());
  EXPECT_THAT(far_numbers([&](auto i) { return i % 40 == 0 ? 1.0 : 0.0; }), IsEmpty());
  EXPECT_THAT(far_numbers([&](auto i) { return i % 10 == 0 ? 5 + static_cast<double>(i % 90) : 0.0; }), IsEmpty());
  EXPECT_THAT(far_numbers([&](auto i) { return static_cast<double>(90 + i % 10); }), IsEmpty()) << "99 is among them";
}

TEST(LeakingFeature, IsAColumnThatSaysTheClassInOtherWords) {
  const Noise r;
  const auto survived = [&](std::int64_t i) { return r.x(i) + r.y(i) > 0.4 ? 1 : 0; };
  const auto x = numbers("x", [&](auto i) { return r.x(i); }), y = numbers("y", [&](auto i) { return r.y(i); });
  const auto target = numbers("survived", survived);
  const auto alive = texts("alive", {"no", "yes"}, survived);
  EXPECT_THAT(leaks({x, y, alive, target}), ElementsAre("alive"));
  // One typing error, and a few fields that are missing.
  const auto nearly = texts("alive", {"no", "yes"}, [&](auto i) { return i == 5 ? 1 - survived(i) : survived(i); });
  EXPECT_THAT(leaks({x, y, nearly, target}), ElementsAre("alive"));
  const auto body = numbers("body", [&](auto i) { return survived(i) ? NAN : 1 + static_cast<double>(i % 300); });
  EXPECT_THAT(leaks({x, y, body, target}), ElementsAre("body")) << "it is there where the class is 0";
  const auto score = numbers("score", [&](auto i) { return survived(i) + 0.3 * std::sin(r.z(i)); });
  EXPECT_THAT(leaks({x, y, score, target}), ElementsAre("score"));
  EXPECT_THAT(leaks({alive, target}), IsEmpty()) << "one column may well be all that there is to know";
}

TEST(LeakingFeature, IsAColumnThatNumbersThreeClasses) {
  const Noise r;
  const auto kind = [&](std::int64_t i) { return r.x(i) < -0.5 ? 2 : r.x(i) < 0.5 ? 0 : 1; };
  const auto y = numbers("y", [&](auto i) { return r.y(i); }), z = numbers("z", [&](auto i) { return r.z(i); });
  const auto target = texts("species", {"cat", "dog", "eel"}, kind);
  EXPECT_THAT(leaks({y, z, numbers("code", [&](auto i) { return kind(i); }), target}), ElementsAre("code"));
  EXPECT_THAT(leaks({y, z, numbers("size", [&](auto i) { return r.x(i); }), target}), ElementsAre("size"));
  EXPECT_THAT(leaks({y, z, numbers("size", [&](auto i) { return r.x(i) + 0.3 * r.z(i); }), target}), IsEmpty());
}

TEST(LeakingFeature, IsANumberThatIsTheTargetInAnotherUnit) {
  const Noise r;
  const auto price = [&](std::int64_t i) { return 100 + 20 * r.x(i) + 10 * r.y(i); };
  const auto x = numbers("x", [&](auto i) { return r.x(i); }), y = numbers("y", [&](auto i) { return r.y(i); });
  const auto target = numbers("price", price);
  EXPECT_THAT(leaks({x, y, numbers("dollars", [&](auto i) { return 1.1 * price(i) + 2; }), target}),
              ElementsAre("dollars"));
  EXPECT_THAT(leaks({x, y, numbers("log", [&](auto i) { return std::log(price(i)); }), target}), ElementsAre("log"));
  const auto close = numbers("close", [&](auto i) { return price(i) + r.z(i); });
  EXPECT_THAT(leaks({x, y, close, target}), IsEmpty()) << "the correlation is 0.999, and something is left to learn";
}

TEST(LeakingFeature, IsNotWhereColumnsTellTogether) {
  const Noise r;
  const auto x = numbers("x", [&](auto i) { return r.x(i); }), y = numbers("y", [&](auto i) { return r.y(i); }),
             z = numbers("z", [&](auto i) { return r.z(i); });
  EXPECT_THAT(leaks({x, y, z, numbers("t", [&](auto i) { return r.x(i) + r.y(i) > 0; })}), IsEmpty());
  EXPECT_THAT(leaks({x, y, z, numbers("t", [&](auto i) { return r.x(i) * r.y(i) > 0; })}), IsEmpty());
  EXPECT_THAT(leaks({x, y, z, numbers("t", [&](auto i) { return r.x(i) > 2.4; })}), IsEmpty()) << "two rows in all";
  EXPECT_THAT(leaks({x, y, z, numbers("t", [&](auto i) { return i % 400 == 7; })}), IsEmpty())
      << "all columns tell 399 of 400 rows, by never saying 1";
}

TEST(TargetOutlier, IsFarFromAllTheOthers) {
  const Noise r;
  const auto findings = [](const std::vector<double>& values, const Thresholds& thresholds = {}) {
    Measurements m;
    m.data.target = measure_target(values);
    return find_rule("target_outlier").judge(m, thresholds).findings;
  };
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i) values.push_back(3 + r.x(i));
  EXPECT_TRUE(findings(values).empty());
  values[17] = 1e9;
  ASSERT_EQ(findings(values).size(), 1u);
  EXPECT_THAT(findings(values)[0].cause, HasSubstr("1e+09"));
  values[17] = 60;
  EXPECT_TRUE(findings(values).empty());
  Thresholds stricter;
  set_threshold(stricter, "outlier_factor", 20);
  EXPECT_EQ(findings(values, stricter).size(), 1u);
  std::vector<double> heavy, mostly_zero(400, 0.0);
  for (std::int64_t i = 0; i < n; ++i) heavy.push_back(std::exp(2 * r.x(i)));
  EXPECT_TRUE(findings(heavy).empty()) << "incomes and prices are like this";
  mostly_zero[9] = 5;
  EXPECT_TRUE(findings(mostly_zero).empty()) << "a rare event is no mistake";
  EXPECT_FALSE(measure_target({1, 2, 3}).has_value());
}

}  // namespace
}  // namespace relume::health
