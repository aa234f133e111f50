// LIBSVM's sparse files, through open_data().
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/data/open.h"
#include "tests/data/temporary_file.h"
#include "tests/reference/message_of.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Table read(const std::string& text) {
  const TemporaryFile file("t.txt", text);
  return std::get<Table>(open_data(file.path().string()));
}

std::vector<std::string> names(const Table& table) {
  std::vector<std::string> result;
  for (const Column& column : table.columns) result.push_back(column.name);
  return result;
}

TEST(Libsvm, HoldsTheFeaturesThatOccurAndZeroElsewhere) {
  const Table table = read("# made by hand\n+1 1:0.5 7:-2e1\n\n-1 3:1 # the second\r\n0.5\n2 \t1:+4\n");
  EXPECT_THAT(names(table), ElementsAre("x1", "x3", "x7", "y"));
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(0.5, 0, 0, 4));
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(table.columns[2].numbers, ElementsAre(-20, 0, 0, 0));
  EXPECT_THAT(table.columns[3].numbers, ElementsAre(1, -1, 0.5, 2));
  EXPECT_THAT(table.lines, ElementsAre(2, 4, 5, 6));
  EXPECT_TRUE(table.notes.empty());
}

TEST(Libsvm, HasItsEncodingAndLineEndsReadAsTablesDo) {
  const Table table = read(
      "\xef\xbb\xbf"
      "1 1:0.5\r2 1:3 # caf\xe9\r\n");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(0.5, 3));
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(1, 2));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("Windows-1252")));
}

TEST(Libsvm, CountsFeaturesFromZeroWhereTheFileDoes) {
  EXPECT_THAT(names(read("1 0:1 2:3\n0 2:1\n")), ElementsAre("x0", "x2", "y"));
}

TEST(Libsvm, IsReadWholeWhereverItsLinesEnd) {
  std::string text;
  for (int row = 0; row < 40000; ++row) text += std::to_string(row % 2) + " 5:" + std::to_string(row) + ".5 9:1\n";
  text.pop_back();
  const Table table = read(text);
  ASSERT_EQ(table.rows(), 40000);
  for (std::size_t row = 0; row < 40000; ++row) {
    ASSERT_EQ(table.columns[0].numbers[row], static_cast<double>(row) + 0.5);
    ASSERT_EQ(table.columns[2].numbers[row], static_cast<double>(row % 2));
  }
}

TEST(Libsvm, LeavesQueriesOutWithANote) {
  const Table table = read("3 qid:1 1:0.5 2:1\n2 qid:1 1:0.1\n");
  EXPECT_THAT(names(table), ElementsAre("x1", "x2", "y"));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("qid")));
}

TEST(Libsvm, IsRefusedInOneLineThatNamesThePlace) {
  for (const auto& wrong : {std::pair{"1 1:0.5\n0 1152921504606846976:1\n", "t.txt:2: '1152921504606846976:1'"},
                            {"1 1:0.5\n0 99999999999999999999:1\n", "99999999999999999999"},
                            {"1 1:0.5\n1,3 1:1\n", "t.txt:2: '1,3' are several labels"}}) {
    const std::string message = message_of<InputError>([&] { read(wrong.first); });
    EXPECT_THAT(message, HasSubstr(wrong.second));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  // Beyond the first bytes, by which the format is told.
  std::string text;
  for (int row = 0; row < 1000; ++row) text += "1 1:0.5 2:1\n";
  for (const char* wrong : {"a 1:1", "1 1:x", "1 b:2", "1 1:1 1:2", "1 -1:2", "1 3"})
    EXPECT_THAT(message_of<InputError>([&] { read(text + wrong + "\n"); }), HasSubstr("t.txt:1001: '")) << wrong;
}

TEST(Libsvm, IsTransformedWithZerosForFeaturesThatARowsFileLacks) {
  std::string text;
  for (int row = 0; row < 60; ++row)
    text += std::to_string(row % 2) + " 1:" + std::to_string(row % 7) + " 4:" + std::to_string(row % 2 ? 3 : 1) + "\n";
  const Prepared prepared = prepare(read(text));
  const Tensor sparse = prepared.preprocessor.transform(read("0 4:3\n")),
               whole = prepared.preprocessor.transform(read("0 1:0 4:3\n"));
  EXPECT_EQ(sparse.to_vector<float>(), whole.to_vector<float>());
  EXPECT_THAT(message_of<InputError>([&] { prepared.preprocessor.transform(read("0 0:1 4:3\n")); }),
              HasSubstr("from 0"));
}

}  // namespace
}  // namespace relume::data
