#include "relume/data/preprocess.h"

#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "relume/data/open.h"
#include "relume/data/preprocess_json.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Column numbers(const char* name, std::vector<double> values) { return {.name = name, .numbers = std::move(values)}; }

Column texts(const char* name, const std::vector<std::string>& fields) {
  Column column{.name = name, .kind = ColumnKind::text};
  for (const std::string& field : fields) {
    if (field.empty()) {
      column.codes.push_back(-1);
      continue;
    }
    auto found = std::find(column.values.begin(), column.values.end(), field);
    if (found == column.values.end()) found = column.values.insert(found, field);
    column.codes.push_back(static_cast<std::int32_t>(found - column.values.begin()));
  }
  return column;
}

std::vector<std::int64_t> all_rows(const Table& table) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

Preprocessor fit(const Table& table, const char* target = "last") {
  return Preprocessor::fit(table, Target::choose(table, target), all_rows(table));
}

std::string reason(const Preprocessor& preprocessor, std::string_view name) {
  for (const LeftOut& left : preprocessor.left_out())
    if (left.name == name) return left.reason;
  return "in use";
}

/// 40 rows with a column of every role.
Table mixed() {
  Table table;
  std::vector<double> row, age, label, skewed;
  std::vector<std::string> name, sex, code, same;
  Rng rng(1);
  for (int i = 0; i < 40; ++i) {
    row.push_back(i + 1);
    age.push_back(i % 4 == 0 ? missing : 20 + i);
    skewed.push_back(std::exp(3 * rng.normal()));
    name.push_back("Mr. Nobody of Number " + std::to_string(i));
    code.push_back("C" + std::to_string(i));
    sex.push_back(i % 3 ? "male" : "female");
    same.push_back("x");
    label.push_back(i % 2);
  }
  table.columns = {numbers("Nr", row),
                   numbers("age", age),
                   numbers("fare", skewed),
                   texts("name", name),
                   texts("code", code),
                   texts("sex", sex),
                   texts("same", same),
                   numbers("zero", std::vector<double>(40, 0.0)),
                   numbers("void", std::vector<double>(40, missing)),
                   numbers("label", label)};
  return table;
}

TEST(Preprocessor, LeavesOutWhatSaysNothingAndSaysWhy) {
  const Preprocessor p = fit(mixed());
  EXPECT_EQ(reason(p, "Nr"), "identifier, it numbers the rows");
  EXPECT_EQ(reason(p, "name"), "free text, 40 different values in 40 rows");
  EXPECT_EQ(reason(p, "code"), "identifier, 40 different values in 40 rows");
  EXPECT_EQ(reason(p, "same"), "constant, 'x' in every row");
  EXPECT_EQ(reason(p, "zero"), "constant, 0 in every row");
  EXPECT_EQ(reason(p, "void"), "every value is missing");
  EXPECT_THAT(p.feature_names(), ElementsAre("age", "age missing", "fare", "sex=female", "sex=male", "sex=(other)"));
}

TEST(Preprocessor, DescribesARowInItsOwnValues) {
  const Table table = mixed();
  const Preprocessor p = fit(table);
  const Tensor rows = p.transform(table);
  const auto described = [&](std::int64_t row) { return p.describe(rows.data<float>() + row * p.features()); };
  const auto fare = [&](std::size_t row) { return fmt::format("{:.5g}", table.columns[2].numbers[row]); };
  EXPECT_EQ(described(1), "age 21, fare " + fare(1) + ", sex male");
  EXPECT_EQ(described(4), "age missing, fare " + fare(4) + ", sex male");
  EXPECT_EQ(described(6), "age 26, fare " + fare(6) + ", sex female");
}

TEST(Preprocessor, StandardisesAndImputesWithTheMedian) {
  Table table;
  table.columns = {numbers("x", {1, 2, missing, 3, 6, 100}), numbers("y", {0, 1, 0, 1, 0, 1})};
  const std::vector<std::int64_t> training = {0, 1, 2, 3, 4};  // row 5 must not be looked at
  const Preprocessor p = Preprocessor::fit(table, Target::choose(table, "y"), training);
  // Median of 1 2 3 6 is 2.5; mean and deviation of 1 2 2.5 3 6 are 2.9 and 1.68523.
  const double deviation = std::sqrt((1.9 * 1.9 + 0.9 * 0.9 + 0.4 * 0.4 + 0.1 * 0.1 + 3.1 * 3.1) / 5);
  const Tensor features = p.transform(table);
  ASSERT_EQ(features.shape(), (Shape{6, 2}));
  const auto x = features.to_vector<float>();
  EXPECT_NEAR(x[0], (1 - 2.9) / deviation, 1e-6);
  EXPECT_NEAR(x[4], (2.5 - 2.9) / deviation, 1e-6);
  EXPECT_EQ(x[5], 1);
  EXPECT_EQ(x[3], 0);
  EXPECT_EQ(x[10], Preprocessor::limit);
}

TEST(Preprocessor, SqueezesSkewedColumns) {
  const Table table = mixed();
  const Preprocessor p = fit(table);
  EXPECT_FALSE(p.used()[0].logarithmic);
  ASSERT_TRUE(p.used()[1].logarithmic);
  double mean = 0, squares = 0;
  const auto x = p.transform(table).to_vector<float>();
  for (std::size_t i = 0; i < 40; ++i) mean += x[6 * i + 2] / 40.0;
  for (std::size_t i = 0; i < 40; ++i) squares += std::pow(x[6 * i + 2] - mean, 2) / 40;
  EXPECT_NEAR(mean, 0, 1e-5);
  EXPECT_NEAR(squares, 1, 1e-4);
}

TEST(Preprocessor, PutsUnseenAndMissingCategoriesIntoTheBucketThatTrainingFilled) {
  Table training = mixed();
  training.columns[5].codes[7] = -1;
  const Preprocessor p = fit(training);
  Table fresh;
  fresh.columns = {texts("sex", {"male", "other", "", "female"}), numbers("age", {1, 2, 3, 4}),
                   numbers("fare", {1, 1, 1, 1})};
  const auto x = p.transform(fresh).to_vector<float>();
  const auto sex = [&](std::size_t row) {
    return std::vector<float>(x.begin() + 6 * row + 3, x.begin() + 6 * row + 6);
  };
  EXPECT_THAT(sex(0), ElementsAre(0, 1, 0));
  EXPECT_THAT(sex(1), ElementsAre(0, 0, 1));
  EXPECT_THAT(sex(2), ElementsAre(0, 0, 1));
  EXPECT_THAT(sex(3), ElementsAre(1, 0, 0));
}

TEST(Preprocessor, TakesTheMeanOfTheCategoriesWhereTrainingLeftTheBucketEmpty) {
  Table training;
  training.columns = {texts("place", {"north", "south", "north", "north"}), numbers("y", {1, 2, 3, 4})};
  const Preprocessor fitted = fit(training), p = preprocessor_from_json(to_json(fitted));
  Table fresh;
  fresh.columns = {texts("place", {"west", "", "south"})};
  EXPECT_THAT(p.transform(fresh).to_vector<float>(), ElementsAre(0.75, 0.25, 0, 0.75, 0.25, 0, 0, 1, 0));
  EXPECT_EQ(p.describe(p.transform(fresh).data<float>()), "place (other)");
}

TEST(Preprocessor, CountsFieldsThatAreNoCategory) {
  const Preprocessor p = fit(mixed());
  Table fresh;
  fresh.source = "new.csv";
  fresh.lines = {2, 3, 4, 5};
  fresh.columns = {texts("sex", {"male", "other", "", "none"}), numbers("age", {1, 2, 3, 4}),
                   numbers("fare", {1, 1, 1, 1})};
  const auto unknown = p.unknown_categories(fresh);
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(to_string(unknown[0]),
            "new.csv:3: 'other' in column 'sex' is no category of the model, as 2 of its fields are not");
}

TEST(Preprocessor, KnowsTheTwoTruthsInAnySpelling) {
  Table training;
  training.columns = {texts("flag", {"True", "False", "True", "False"}), numbers("y", {1, 2, 3, 4})};
  const Preprocessor p = fit(training);
  const auto features = [&](const Column& flags) {
    Table fresh;
    fresh.columns = {flags};
    EXPECT_TRUE(p.unknown_categories(fresh).empty());
    return p.transform(fresh).to_vector<float>();
  };
  const auto usual = features(texts("flag", {"True", "False"}));
  EXPECT_EQ(features(texts("flag", {"TRUE", "false"})), usual);
  EXPECT_EQ(features(texts("flag", {"1", "0"})), usual);
  EXPECT_EQ(features(numbers("flag", {1, 0})), usual);
  Table other;
  other.columns = {texts("flag", {"yes", "2"})};
  EXPECT_EQ(p.unknown_categories(other)[0].rows, 2);
}

TEST(Preprocessor, NamesAColumnThatIsMissingOrHasTurnedToText) {
  const Preprocessor p = fit(mixed());
  Table table = mixed();
  table.columns[1] = texts("age", std::vector<std::string>(40, "old"));
  EXPECT_THAT(message_of<InputError>([&] { p.transform(table); }),
              HasSubstr("column 'age' of the table holds text ('old')"));
  table.columns.erase(table.columns.begin() + 1);
  EXPECT_THAT(message_of<InputError>([&] { p.transform(table); }), HasSubstr("no column 'age'"));
}

TEST(Preprocessor, ComesBackFromJsonAsItWas) {
  const Table table = mixed();
  const Preprocessor p = fit(table), q = preprocessor_from_json(nlohmann::json::parse(to_json(p).dump()));
  EXPECT_EQ(p.transform(table).to_vector<float>(), q.transform(table).to_vector<float>());
  EXPECT_EQ(p.feature_names(), q.feature_names());
  EXPECT_EQ(q.target().labels(), p.target().labels());
  EXPECT_EQ(q.left_out().size(), p.left_out().size());
  EXPECT_EQ(q.schema().columns[1].required, true);
  EXPECT_EQ(q.schema().columns[0].use, ColumnUse::unused);
  EXPECT_EQ(q.schema(true).columns.back().required, true);
  EXPECT_TRUE(q.schema().has_header);
  Table nameless = table;
  nameless.has_header = false;
  EXPECT_FALSE(preprocessor_from_json(to_json(fit(nameless))).schema().has_header);
  for (const char* json : {"{}", "[]", "3", "{\"target\": {}}"})
    EXPECT_THROW(preprocessor_from_json(nlohmann::json::parse(json)), InputError) << json;
}

TEST(Preprocessor, KeepsARowNumberWhereThereIsNothingElse) {
  Table table;
  std::vector<double> t(50), y(50);
  for (std::size_t i = 0; i < 50; ++i) {
    t[i] = static_cast<double>(i);
    y[i] = std::sin(0.1 * t[i]);
  }
  table.columns = {numbers("t", t), numbers("y", y)};
  EXPECT_THAT(fit(table).feature_names(), ElementsAre("t"));
}

TEST(Preprocessor, SaysWhyNoColumnIsOfUse) {
  Table table;
  table.columns = {texts("a", {"x", "x", "x", "x"}), numbers("y", {0, 1, 0, 1})};
  EXPECT_THAT(message_of<InputError>([&] { fit(table); }), HasSubstr("a: constant"));
}

TEST(Target, TellsClassesFromNumbers) {
  std::vector<double> digits, many, halves;
  std::vector<std::string> words;
  for (int i = 0; i < 200; ++i) {
    digits.push_back(9 - i % 10);
    many.push_back(i);
    halves.push_back(i % 3 * 0.5);
    words.push_back(i % 2 ? "yes" : "no");
  }
  Table table;
  table.columns = {numbers("digits", digits), numbers("many", many), numbers("halves", halves), texts("words", words)};
  EXPECT_THAT(Target::choose(table, "digits").labels(), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_EQ(Target::choose(table, "many").task(), Task::regression);
  EXPECT_EQ(Target::choose(table, "halves").task(), Task::regression);
  EXPECT_THAT(Target::choose(table, "words").labels(), ElementsAre("no", "yes"));
  EXPECT_EQ(Target::choose(table, "digits", Task::regression).task(), Task::regression);
  EXPECT_THAT(Target::choose(table, "halves", Task::classification).labels(), ElementsAre("0", "0.5", "1"));
  EXPECT_THROW(Target::choose(table, "words", Task::regression), InputError);
  EXPECT_THROW(Target::choose(table, "many", Task::classification), InputError);
}

TEST(Target, SortsLabelsThatAreNumbersAsNumbers) {
  Table table;
  table.columns = {texts("label", {"10", "9", "2", "10", "9", "2"})};
  EXPECT_THAT(Target::choose(table, "label").labels(), ElementsAre("2", "9", "10"));
}

TEST(Target, RefusesOneClassAndNoTargetAtAll) {
  Table table;
  table.columns = {numbers("one", {1, 1, missing}), numbers("none", {missing, missing, missing}),
                   texts("same", {"a", "a", ""})};
  EXPECT_THAT(message_of<InputError>([&] { Target::choose(table, "one"); }), HasSubstr("'one' is '1' in every row"));
  EXPECT_THAT(message_of<InputError>([&] { Target::choose(table, "none"); }), HasSubstr("all 3 values"));
  EXPECT_THROW(Target::choose(table, "same"), InputError);
}

TEST(Target, EncodesAndFindsTheValueAgain) {
  Table table;
  table.columns = {numbers("y", {1.5, 2.5, 4, missing, 8})};
  Target target = Target::choose(table, "y");
  EXPECT_THAT(target.rows(table), ElementsAre(0, 1, 2, 4));
  const std::vector<std::int64_t> rows = target.rows(table);
  target.fit(table, rows);
  const Tensor y = target.encode(table, rows);
  EXPECT_EQ(y.shape(), (Shape{4, 1}));
  const auto values = y.to_vector<float>();
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), 0, 1e-6);
  EXPECT_NEAR(target.value(values[3]), 8, 1e-6);
  EXPECT_THROW(target.encode(table, std::vector<std::int64_t>{3}), InputError);
}

TEST(Target, RefusesValuesWhoseSquaresAreNoNumbers) {
  for (const double unit : {1e-300, 1e300}) {
    Table table;
    table.columns = {numbers("y", {1 * unit, 2.5 * unit, 4 * unit, -3 * unit})};
    Target target = Target::choose(table, "y", Task::regression);
    const std::vector<std::int64_t> rows = {0, 1, 2, 3};
    EXPECT_THROW(target.fit(table, rows), InputError) << unit;
    table.columns[0].numbers.assign(4, unit < 1 ? unit : 5.0);
    target.fit(table, rows);  // one value only is left to the findings
  }
}

TEST(Target, NamesARowWithAClassThatTrainingDidNotHave) {
  Table table;
  table.columns = {texts("y", {"a", "b", "a", "b"})};
  const Target target = Target::choose(table, "y");
  Table other;
  other.source = "new.csv";
  other.lines = {2, 3};
  other.columns = {texts("y", {"a", "c"})};
  EXPECT_THAT(message_of<InputError>([&] {
                target.encode(other, std::vector<std::int64_t>{0, 1});
              }),
              StartsWith("target: new.csv:3: 'y' is 'c'"));
}

}  // namespace
}  // namespace relume::data
