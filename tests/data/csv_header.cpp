#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/data/csv.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool has_header(std::string_view text) {
  const TemporaryFile file("t.csv", text);
  return CsvReader(file.path()).has_header();
}

TEST(CsvHeader, MayHoldNumbers) {
  for (const char* text :
       {"1100,1102.5,1105,protein\n1.2,1.4,0.1,2.8\n0.1,-1.1,-1.4,-0.4\n0.5,-0.9,0.1,0.7\n0.5,0.3,2.4,0.1\n",
        "350,351.4,352.9,kind\n0.2,0.4,0.1,a\n0.1,0.1,0.4,b\n0.5,0.9,0.1,a\n0.5,0.3,0.4,b\n",
        "country,2015,2016,2017,mean\nAT,1110,4672,526,2101\nBE,975,4068,3692,3153\nCH,3119,1729,778,2408\n",
        "2016,2017,2018,trend\n1110,4672,526,fall\n2099,975,4068,rise\n3692,3878,3119,fall\n1729,778,4006,rise\n",
        "2016,2017,sum\n1110,4672,5782\n2099,975,3074\n3692,3878,7570\n1729,778,2507\n",
        "1990,2000,2010,2020\n5,1,9,3\n4,7,2,8\n6,2,2,9\n1,1,3,5\n", "x1,10,y\n1,2,3\n4,50,6\n7,8,9\n",
        "500,yield\n0.1,2\n0.7,3\n0.4,4\n0.5,1\n",
        // Of pandas: columns that have no names, with the numbers of the rows or without.
        "0,1,2\n0.5,-1.2,0.7\n-0.4,2.2,1.9\n1.3,0.1,-2.0\n", "0,1\n0.5,1.2\n0.4,2.2\n1.3,0.1\n",
        ",0,1\n0,5,7\n1,3,0\n2,0,4\n", ",0,1,2\n0,0.5,1.2,0.7\n1,0.4,2.2,1.9\n2,1.3,0.1,2.0\n",
        // Of R: names are quoted, numbers are not.
        "\"2015\",\"2016\"\n1110,4672\n2099,975\n3692,3878\n"})
    EXPECT_TRUE(has_header(text)) << text;
}

TEST(CsvHeader, IsNotSeenInDataThatLooksLikeIt) {
  for (const char* text :
       {// An odd value in the first row; the first row of a series; windows of one.
        "1.5,n.d.,3\n1.1,2.2,4\n1.3,2.0,3\n1.2,2.5,5\n", "1,2.5,a\n2,2.7,b\n3,2.6,a\n4,2.9,b\n",
        "1,2,3,4,5\n2,3,4,5,6\n3,4,5,6,7\n4,5,6,7,8\n5,6,7,8,9\n", "2019,5\n2020,6\n2021,7\n2022,9\n",
        "0,1,2\n0.5,1,2\n1,2.5,3\n2,1,0.5\n", "1,2\n3,4\n0.5,1\n2,0\n",
        "0,3,2\n0.5,1.2,0.7\n0.4,2.2,1.9\n1.3,0.1,2.0\n", "\"1\",\"2\"\n\"3\",\"4\"\n\"5\",\"1\"\n",
        "\"3,1\",\"2,5\"\n4,7\n8,9\n5,5\n", "2001,7,x\n2002,3,y\n2003,5,x\n2004,9,y\n",
        "2020-01-01,a\n2020-01-02,b\n2020-01-03,a\n2020-01-04,b\n",
        // Cards and boards: small whole numbers that count up now and then.
        "1,2,3,4,5,L\n5,4,3,2,1,R\n1,1,2,2,3,L\n2,3,4,5,1,R\n1,2,3,4,5,L\n3,3,3,3,3,B\n"})
    EXPECT_FALSE(has_header(text)) << text;
}

TEST(CsvHeader, MayEndInAWordOrHoldYearsThatNoRowReaches) {
  std::string decimals = "\n", counts = "\n", odd = "\n";
  for (int i = 0; i < 30; ++i) {
    decimals += fmt::format("{}.5,{}.25,{}\n", i % 4, i % 3, i % 7);
    counts += fmt::format("{},{},{}\n", 500 + 31 * (i % 17), 600 + 40 * (i % 19), 700 + 41 * (i % 13));
    odd += fmt::format("{},{}\n", i, 31 - i);
  }
  EXPECT_TRUE(has_header("1.5,2.25,y" + decimals));
  EXPECT_FALSE(has_header("1.5,2.25,n.d." + decimals)) << "an odd value";
  EXPECT_FALSE(has_header("1.5,oops,4" + decimals)) << "not over the last column";
  EXPECT_TRUE(has_header("2015,2016,2017" + counts));
  EXPECT_FALSE(has_header("2015,2016,1100" + counts)) << "no years in even steps";
  EXPECT_FALSE(has_header("510,610,710" + counts)) << "within the columns";
}

TEST(CsvHeader, MayHoldDatesOrStandOverThem) {
  EXPECT_TRUE(has_header("2020-01-01,2020-02-01,shop\n5,7,a\n4,8,b\n6,2,a\n"));
  EXPECT_TRUE(has_header("day,who\n2020-01-01,ann\n2020-01-02,bob\n2020-01-03,eve\n"));
}

TEST(CsvHeader, IsKnownWhereItComesAgain) {
  EXPECT_TRUE(has_header("cap,odor\nx,s\ny,n\nx,n\ncap,odor\ny,s\nx,s\n"));
  EXPECT_FALSE(has_header("x,s\nx,n\ny,n\nx,s\ny,s\n"));
}

TEST(CsvHeader, OfOneColumnIsATextOverNumbers) {
  EXPECT_TRUE(has_header("x\n1\n2\n"));
  EXPECT_FALSE(has_header("1\n2\n3\n"));
}

const std::vector<std::string> levels = {"high", "low", "med"}, sizes = {"big", "small"}, labels = {"acc", "unacc"};

TableSchema texts(bool has_header) {
  return {{{"buying", ColumnKind::text, ColumnUse::feature, true, levels},
           {"size", ColumnKind::text, ColumnUse::feature, true, sizes},
           {"class", ColumnKind::text, ColumnUse::target, false, labels}},
          has_header};
}

TableSchema numbers(bool has_header) {
  return {{{has_header ? "a" : "column1", ColumnKind::number, ColumnUse::feature, true},
           {has_header ? "b" : "column2", ColumnKind::text, ColumnUse::feature, true, sizes},
           {has_header ? "y" : "column3", ColumnKind::number, ColumnUse::target, false}},
          has_header};
}

std::int64_t rows(std::string_view text, const TableSchema& schema) {
  const TemporaryFile file("t.csv", text);
  return read_table(file.path(), schema).rows();
}

TEST(CsvHeader, IsNotTakenFromTheRowsOfAModelThatHadNone) {
  for (const bool header : {false, true}) {
    EXPECT_EQ(rows("low,small\n", texts(header)), 1);
    EXPECT_EQ(rows("low,small\nlow,big\nhigh,big\nlow,big\nhigh,big\n", texts(header)), 5);
    EXPECT_EQ(rows("low,small,acc\nmed,big,acc\nmed,big,unacc\nhigh,big,unacc\nhigh,big,unacc\n", texts(header)), 5);
    EXPECT_EQ(rows("tiny,small\nlow,big\nlow,big\n", texts(header)), 3);
    EXPECT_EQ(rows("1,small\n", numbers(header)), 1);
    EXPECT_EQ(rows(",small\n2,big\n", numbers(header)), 2);
  }
}

TEST(CsvHeader, IsPassedOverWhereAModelHadNoneButTheFileHasOne) {
  EXPECT_EQ(rows("a,b\n1,small\n2,big\n", numbers(false)), 2);
  EXPECT_EQ(rows("a,b,y\n1,small,3\n", numbers(false)), 1);
  EXPECT_EQ(rows("cost,room,verdict\nlow,small,acc\nlow,big,acc\nmed,big,unacc\nmed,small,acc\nlow,big,unacc\n",
                 texts(false)),
            5);
}

TEST(CsvHeader, WithOtherNamesIsNoRow) {
  const TemporaryFile file("t.csv", "p,q\n1,small\n2,big\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(file.path(), numbers(true)); }), HasSubstr("no column 'a'"));
}

TEST(CsvHeader, OfNamesThatAreValuesTooIsToldFromARowOfThem) {
  const TableSchema schema{{{"low", ColumnKind::text, ColumnUse::feature, true, levels},
                            {"small", ColumnKind::text, ColumnUse::feature, true, sizes},
                            {"x", ColumnKind::number, ColumnUse::feature, true},
                            {"z", ColumnKind::number, ColumnUse::feature, true}},
                           true};
  EXPECT_EQ(rows("low,big,1,2\nmed,small,3,4\n", schema), 2);
  EXPECT_EQ(rows("low,small,x,z\nmed,small,3,4\n", schema), 1);
}

TEST(CsvHeader, ThatReallySaysColumn1IsMatchedByName) {
  const TableSchema schema{{{"column1", ColumnKind::number, ColumnUse::feature, true},
                            {"column2", ColumnKind::number, ColumnUse::feature, true}},
                           true};
  const TemporaryFile file("t.csv", "column2,column1\n1,2\n3,4\n");
  const Table table = read_table(file.path(), schema);
  EXPECT_THAT(table.find("column1")->numbers, ElementsAre(2, 4));
  EXPECT_THAT(table.find("column2")->numbers, ElementsAre(1, 3));
}

}  // namespace
}  // namespace relume::data
