#include "relume/data/open.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

bool has_shared_data() { return std::filesystem::exists(shared_data() / "README.md"); }
Table shared_table(const char* path) { return std::get<Table>(open_data((shared_data() / path).string())); }

std::string reason(const Preprocessor& preprocessor, std::string_view name) {
  for (const LeftOut& left : preprocessor.left_out())
    if (left.name == name) return left.reason;
  return "in use";
}

TEST(Open, ReadsBuiltinData) {
  EXPECT_EQ(std::get<Table>(open_data("builtin:moons", {.builtin_rows = 50})).rows(), 50);
  EXPECT_THROW(open_data("builtin:x"), InputError);
}

TEST(Open, ReadsArraysOfNumpy) {
  const Table table = std::get<Table>(open_data(reference("stored.npz").string()));
  ASSERT_EQ(table.columns.size(), 4u);
  EXPECT_EQ(table.columns[3].name, "y");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(-1, 2));
  const Arrays arrays = std::get<Arrays>(open_data(reference("deflated.npz").string()));
  EXPECT_EQ(arrays.x.dtype(), uint8);
  const Target target = choose_target(arrays);
  EXPECT_THAT(target.labels(), ElementsAre("3", "5"));
  EXPECT_THAT(arrays.targets.columns.front().numbers, ElementsAre(3, 5, 3, 5));
  EXPECT_THAT(arrays.test->targets.columns.front().numbers, ElementsAre(5));
  EXPECT_EQ(arrays.test->x.shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(std::get<Table>(open_data(reference("f4.npy").string())).columns.size(), 3u);
}

TEST(Prepare, RefusesAnInfiniteNumberByRowAndColumn) {
  Table table;
  table.columns = {{.name = "a", .numbers = {1, 2, -INFINITY, 4}}, {.name = "b", .numbers = {1, 2, 3, 4}}};
  table.source = "the data";
  EXPECT_THAT(message_of<InputError>([&] { prepare(table); }),
              AllOf(HasSubstr("the data: row 3"), HasSubstr("'a' is infinite")));
}

TEST(Open, SaysWhatItUnderstands) {
  EXPECT_THAT(message_of<FileError>([] { open_data("/nowhere"); }), HasSubstr("builtin:NAME"));
  const TemporaryFile png("x.png", std::string("\x89PNG\r\n\x1a\n\0", 9)), none("x.csv", "");
  EXPECT_THAT(message_of<InputError>([&] { open_data(png.path().string()); }), HasSubstr("PNG picture"));
  EXPECT_THAT(message_of<InputError>([&] { open_data(none.path().string()); }), HasSubstr("is empty"));
  EXPECT_THAT(message_of<InputError>([&] { open_data(none.folder().string()); }), HasSubstr("train-images"));
}

TEST(Open, ReadsMnistAsBytesWithItsTestSet) {
  if (!has_shared_data()) GTEST_SKIP() << "skipped: no shared data";
  const Arrays mnist = std::get<Arrays>(open_data((shared_data() / "mnist").string()));
  EXPECT_EQ(mnist.x.dtype(), uint8);
  EXPECT_EQ(mnist.targets.rows(), 60000);
  EXPECT_EQ(mnist.test->targets.rows(), 10000);
  EXPECT_EQ(choose_target(mnist).classes(), 10);
}

TEST(Prepare, ReadsTitanic) {
  if (!has_shared_data()) GTEST_SKIP() << "skipped: no shared data";
  const Table table = shared_table("tabular/titanic.csv");
  EXPECT_EQ(table.rows(), 891);
  EXPECT_EQ(table.columns[3].text(0), "Braund, Mr. Owen Harris");
  const Prepared prepared = prepare(table, {.target = "Survived"});
  const Preprocessor& p = prepared.preprocessor;
  EXPECT_THAT(reason(p, "PassengerId"), StartsWith("identifier"));
  EXPECT_THAT(reason(p, "Name"), StartsWith("free text"));
  EXPECT_THAT(reason(p, "Ticket"), StartsWith("too many categories"));
  EXPECT_THAT(reason(p, "Cabin"), StartsWith("too many categories"));
  EXPECT_EQ(p.left_out().size(), 4u);
  EXPECT_THAT(p.feature_names(),
              ElementsAre("Pclass", "Sex=female", "Sex=male", "Sex=(other)", "Age", "Age missing", "SibSp", "Parch",
                          "Fare", "Embarked=C", "Embarked=Q", "Embarked=S", "Embarked=(other)"));
  EXPECT_THAT(p.target().labels(), ElementsAre("0", "1"));
  EXPECT_EQ(prepared.dataset.rows(), 891);
  EXPECT_EQ(prepared.split.valid.size(), 178u);
}

TEST(Prepare, ReadsHousing) {
  if (!has_shared_data()) GTEST_SKIP() << "skipped: no shared data";
  const Table table = shared_table("tabular/california_housing.csv");
  EXPECT_EQ(table.rows(), 20640);
  std::int64_t without = 0;
  for (std::int64_t row = 0; row < table.rows(); ++row) without += table.find("total_bedrooms")->missing(row);
  EXPECT_EQ(without, 207);
  const Prepared prepared = prepare(table, {.target = "median_house_value"});
  EXPECT_EQ(prepared.preprocessor.target().task(), Task::regression);
  EXPECT_TRUE(prepared.preprocessor.left_out().empty());
  EXPECT_EQ(prepared.preprocessor.used().size(), 9u);
}

TEST(Prepare, ReadsTablesWithoutHeader) {
  if (!has_shared_data()) GTEST_SKIP() << "skipped: no shared data";
  const Table banknote = shared_table("tabular/banknote.csv"), wine = shared_table("tabular/winequality_white.csv");
  EXPECT_EQ(banknote.rows(), 1372);
  EXPECT_EQ(wine.rows(), 4898);
  EXPECT_FALSE(banknote.has_header);
  EXPECT_FALSE(wine.has_header);
  EXPECT_EQ(prepare(banknote).preprocessor.features(), 4);
  EXPECT_EQ(prepare(banknote).preprocessor.target().classes(), 2);
  EXPECT_EQ(prepare(wine).preprocessor.target().classes(), 7);
  EXPECT_EQ(prepare(wine, {.task = Task::regression}).preprocessor.target().task(), Task::regression);
}

TEST(Prepare, ReadsAMessageALineWhateverItsQuotes) {
  if (!has_shared_data()) GTEST_SKIP() << "skipped: no shared data";
  const Table sms = shared_table("text/sms_spam.tsv");
  EXPECT_EQ(sms.rows(), 5574);
  EXPECT_THAT(Target::choose(sms, "Label").labels(), ElementsAre("ham", "spam"));
}

TEST(Prepare, DropsAndCountsRowsWithoutATarget) {
  std::string text = "x,y\n";
  for (int i = 0; i < 30; ++i)
    text += std::to_string(0.37 * i * (i % 7)) + (i % 10 == 3 ? ",?\n" : i % 2 ? ",a\n" : ",b\n");
  const TemporaryFile file("t.csv", text);
  const Prepared prepared = prepare(read_table(file.path()));
  EXPECT_EQ(prepared.dropped_rows, 3);
  EXPECT_EQ(prepared.dataset.rows(), 27);
  EXPECT_EQ(prepared.split.train.size() + prepared.split.valid.size(), 27u);
}

/// 50,000 rows as the UCI's Adult has them: no header, a blank after each comma, "?" for missing.
std::string adult(int rows) {
  Rng rng(2);
  const std::vector<std::string> work = {"Private", "State-gov", "Self-emp-inc", "?"},
                                 school = {"Bachelors", "HS-grad", "11th", "Masters"};
  std::string text;
  for (int i = 0; i < rows; ++i) {
    text += std::to_string(17 + rng.below(70)) + ", " + work[rng.below(4)] + ", " +
            std::to_string(20000 + rng.below(400000)) + ", " + school[rng.below(4)] + ", " +
            std::to_string(rng.below(16)) + ", Married, Sales, Husband, White, " + (rng.below(2) ? "Male" : "Female") +
            ", " + std::to_string(rng.below(20) ? 0 : rng.below(99999)) + ", 0, " + std::to_string(rng.below(99)) +
            ", United-States, " + (rng.below(4) ? "<=50K" : ">50K") + "\n";
  }
  return text;
}

TEST(Prepare, ReadsFiftyThousandRowsOfMixedColumns) {
  const TemporaryFile file("adult.data", adult(50000));
  const Prepared prepared = prepare(std::get<Table>(open_data(file.path().string())));
  EXPECT_EQ(prepared.dataset.rows(), 50000);
  EXPECT_THAT(prepared.preprocessor.target().labels(), ElementsAre("<=50K", ">50K"));
  EXPECT_THAT(reason(prepared.preprocessor, "column12"), StartsWith("constant"));
  EXPECT_THAT(reason(prepared.preprocessor, "column2"), "in use");
}

TEST(Prepare, ReadsASmallTableWithTextLabelsAndNoHeader) {
  Rng rng(3);
  std::string text;
  for (int i = 0; i < 150; ++i) {
    for (int j = 0; j < 4; ++j) text += std::to_string(rng.normal()).substr(0, 4) + ",";
    text += i < 50 ? "Iris-setosa\n" : i < 100 ? "Iris-versicolor\n" : "Iris-virginica\n";
  }
  const TemporaryFile file("iris.data", text + "\n");
  const Prepared prepared = prepare(std::get<Table>(open_data(file.path().string())));
  EXPECT_EQ(prepared.dataset.features.shape(), (Shape{150, 4}));
  EXPECT_EQ(prepared.preprocessor.target().classes(), 3);
  EXPECT_EQ(prepared.split.valid.size(), 30u);
}

}  // namespace
}  // namespace relume::data
