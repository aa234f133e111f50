// How fields become values: number formats, codes, texts among numbers.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/error.h"
#include "relume/data/csv.h"
#include "relume/data/open.h"
#include "relume/data/preprocess.h"
#include "relume/data/preprocess_json.h"
#include "relume/data/text_columns.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Table table_of(std::string_view text, const CsvOptions& options = {}) {
  const TemporaryFile file("t.csv", text);
  return read_table(file.path(), options);
}

std::string refusal_of(std::string_view text) {
  const TemporaryFile file("t.csv", text);
  return message_of<InputError>([&] { read_table(file.path()); });
}

TEST(NumberText, ReadsNumbersAsPeopleWriteThem) {
  struct Case {
    const char* text;
    std::optional<double> point, comma;
  };
  const auto none = std::nullopt;
  for (const Case& c : std::vector<Case>{{"12", 12, 12},
                                         {"-1.5e3", -1500, none},
                                         {"0.5", 0.5, none},
                                         {"0,5", none, 0.5},
                                         {"0,532", none, 0.532},
                                         {"0.532", 0.532, none},
                                         {"1,234", 1234, 1.234},
                                         {"1.234", 1.234, 1234},
                                         {"1,234.5", 1234.5, none},
                                         {"1.234,5", none, 1234.5},
                                         {"1,234,567", 1234567, none},
                                         {"1.234.567", none, 1234567},
                                         {"12 345,6", none, 12345.6},
                                         {"12\u00a0345", 12345, 12345},
                                         {"12\u202f345.25", 12345.25, none},
                                         {"1'234'567", 1234567, 1234567},
                                         {"\u22121.5", -1.5, none},
                                         {"\uff11\uff12", 12, 12},
                                         {"(12.50)", -12.5, none},
                                         {"12.50-", -12.5, none},
                                         {"+7", 7, 7},
                                         {",5", none, 0.5},
                                         {"12,34,567", 1234567, none},
                                         {"1,23,45,678.5", 12345678.5, none},
                                         {"1'250.-", 1250, none},
                                         {"1.250,\u2013", none, 1250},
                                         {"12.-", 12, none},
                                         {"5.", 5, none}}) {
    const NumberReadings readings = read_number(c.text);
    EXPECT_EQ(readings.point, c.point) << c.text;
    EXPECT_EQ(readings.comma, c.comma) << c.text;
  }
  for (const char* text :
       {"",           "x",     "1x",       "12.05.2020", "1,23,4",  "12,34,56",  "--1",      "1 2",         "1 23",
        "0x10",       "A12",   "12A",      "1-2",        "(1",      "1)",        "-(1)",     "5-3",         ".",
        ",",          "-",     "e5",       "1e",         "$",       "%",         "1,234,56", "192.168.1.1", "1.234 567",
        "2023-01-05", "12:30", "0,12,345", "123,45,678", "1,2,345", "12.34.567", "5-.-"})
    EXPECT_FALSE(read_number(text).is_number()) << text;
}

TEST(NumberText, KnowsCurrenciesAndPercent) {
  struct Case {
    const char *text, *unit;
    double number;
  };
  for (const Case& c : {Case{"$12.5", "$", 12.5}, Case{"USD 12.5", "$", 12.5}, Case{"12.5 €", "€", 12.5},
                        Case{"12.5EUR", "€", 12.5}, Case{"-$5", "$", -5}, Case{"$-5", "$", -5}, Case{"($5)", "$", -5},
                        Case{"$(5)", "$", -5}, Case{"£1,000.5", "£", 1000.5}, Case{"84.7%", "%", 84.7},
                        Case{"84.7 %", "%", 84.7}, Case{"1,049,200 EUR", "€", 1049200}}) {
    EXPECT_EQ(read_number(c.text).point, c.number) << c.text;
    EXPECT_EQ(read_number(c.text).unit, c.unit) << c.text;
  }
}

TEST(NumberText, FindsWhatStandsBesideANumber) {
  struct Case {
    const char *text, *beside;
  };
  for (const Case& c : {Case{"71.2 kg", "kg"}, Case{"<0.5", "<"}, Case{"12m2", "m2"}, Case{"1.5M", "M"},
                        Case{"71,2 kg", "kg"}, Case{"12", ""}, Case{"A12", ""}, Case{"10-20", ""},
                        Case{"2022-02-22", ""}, Case{"12:30", ""}, Case{"kg", ""}, Case{"12 Main St 5", ""}})
    EXPECT_EQ(beside_number(c.text), c.beside) << c.text;
}

TEST(NumberText, KnowsWhatIsMostlyDigitsAndNoNumber) {
  for (const char* text : {"0x1F", "12:30", "3 1/2", "555-1234", "1_000_000", "$1.2.3", "12-34"})
    EXPECT_TRUE(is_mostly_digits(text)) << text;
  for (const char* text : {"12", "1,234.5", "A/5 21171", "PC 17599", "north", "", "1st Ave"})
    EXPECT_FALSE(is_mostly_digits(text)) << text;
}

TEST(NumberText, KnowsDates) {
  for (const char* text :
       {"2023-03-19", "19.3.2023", "3/19/23", "2023-03-19 12:30:00", "2023-03-19T12:30:00Z", "31.12.1999"})
    EXPECT_TRUE(is_date(text)) << text;
  for (const char* text : {"", "2023", "12.5", "192.168.1.1", "1-2-3", "2023-13-40", "555-1234-99", "12:30"})
    EXPECT_FALSE(is_date(text)) << text;
}

TEST(CsvNumbers, TakesTheDecimalMarkThatAnyColumnOfTheFileProves) {
  struct Case {
    const char* text;
    std::vector<double> first;
  };
  for (const Case& c :
       {Case{"a\tb\n0,532\t1,234\n1,100\t2,345\n", {0.532, 1.1}}, Case{"a\tb\n1,234\t0.5\n344\t0.25\n", {1234, 344}},
        Case{"a,b\n\"1,234\",0.5\n\"12,345\",0.25\n", {1234, 12345}},
        Case{"a;b\n1.199;0,5\n2.000;1,25\n", {1199, 2000}}, Case{"a;b\n1.199;0.5\n2.000;1.25\n", {1.199, 2}},
        Case{"a;b\n1.299,99;3\n15,5;4\n", {1299.99, 15.5}}, Case{"a;b\n57,6;1.234.567\n53,0;1\n", {57.6, 53}},
        Case{"a b\n13,4 84,7\n76,4 25,5\n", {13.4, 76.4}}, Case{"a\tb\n1,234,567\t1\n1,234\t2\n", {1234567, 1234}},
        Case{"13,4\t84,7\n76,4\t25,5\n", {13.4, 76.4}}}) {
    const Table table = table_of(c.text);
    ASSERT_FALSE(table.columns[0].is_text()) << c.text;
    EXPECT_EQ(table.columns[0].numbers, c.first) << c.text;
  }
}

TEST(CsvNumbers, LooksForTheDecimalMarkInTheWholeFile) {
  // Nothing in the first 3000 rows tells what 1,234 is.
  std::string text = "a\tb\n";
  for (int i = 0; i < 3000; ++i) text += "1,234\t" + std::to_string(i) + "\n";
  const Table comma = table_of(text + "0,5\t1\n"), point = table_of(text + "2,000\t1.5\n");
  EXPECT_EQ(comma.columns[0].numbers[0], 1.234);
  EXPECT_EQ(comma.columns[0].numbers[3000], 0.5);
  EXPECT_EQ(point.columns[0].numbers[0], 1234);
}

TEST(CsvNumbers, RefusesWhatNoFieldTellsAndTakesWhatIsSaid) {
  for (const char* text : {"a\tb\n1,234\t1\n12,345\t2\n", "a,b\n\"1,234\",1\n\"2,345\",2\n", "a;b\n1,234;1\n2,345;2\n",
                           "a;b\n1.234;1\n344;2\n", "a;b\n1.234;1,234\n2.345;2,345\n"})
    EXPECT_THAT(refusal_of(text), HasSubstr("say which is meant: decimal point or decimal comma")) << text;
  const char* text = "a\tb\n1,234\t1\n12,345\t2\n";
  EXPECT_THAT(refusal_of(text), HasSubstr("'1,234' in line 2 of column 'a' may be 1234 or 1.234"));
  EXPECT_THAT(table_of(text, {.decimal = Decimal::point}).columns[0].numbers, ElementsAre(1234, 12345));
  EXPECT_THAT(table_of(text, {.decimal = Decimal::comma}).columns[0].numbers, ElementsAre(1.234, 12.345));
  EXPECT_THAT(refusal_of("a\tb\n0.5\t0,5\n0.25\t0,25\n"), HasSubstr("'0.5' in line 2 of column 'a'"));
}

/// A column of 999 and 1.234, as thousands are written, `rows` of them, beside one without marks.
std::string grouped(int rows, char delimiter, int least) {
  std::string text = fmt::format("pop{}k\n", delimiter);
  for (int i = 0; i < rows; ++i) {
    const int value = least + i * 137;
    text += value < 1000 ? fmt::format("{}{}{}\n", value, delimiter, i % 7)
                         : fmt::format("{}.{:03}{}{}\n", value / 1000, value % 1000, delimiter, i % 7);
  }
  return text;
}

TEST(CsvNumbers, RefusesPointsThatLookLikeThousandsBehindAnyDelimiter) {
  EXPECT_THAT(refusal_of(grouped(60, ',', 200)), HasSubstr("column 'pop' may be 1.022 or 1022"));
  EXPECT_THAT(refusal_of(grouped(60, ';', 200)), HasSubstr("column 'pop' may be 1.022 or 1022"));
  // Zeros are often written without a point; a few whole numbers among decimals prove nothing in a file of commas.
  std::string zeros = "x,k\n";
  for (int i = 0; i < 60; ++i) zeros += i % 5 ? fmt::format("{}.{:03},1\n", 1 + i % 9, 100 + i * 7) : "0,1\n";
  EXPECT_DOUBLE_EQ(table_of(zeros).columns[0].numbers[1], 2.107);
  EXPECT_EQ(table_of("x,k\n1.234,1\n2.345,2\n7,3\n").columns[0].numbers, (std::vector<double>{1.234, 2.345, 7}));
}

TEST(CsvNumbers, SaysWhereAPointBehindSemicolonsCouldBeOneOfThousands) {
  EXPECT_THAT(table_of(grouped(60, ';', 1000)).notes,
              Contains(HasSubstr("'1.000' in line 2 of column 'pop' is read as 1; where it is 1000, say so")));
  EXPECT_TRUE(table_of(grouped(60, ',', 1000)).notes.empty());
  EXPECT_TRUE(table_of("a;b\n1.250;0.5\n2.500;1.5\n").notes.empty()) << "0.5 shows it";
}

TEST(CsvNumbers, TakesDashesAndMySqlsMarkForMissing) {
  const Table table = table_of("a,b,c\n1,2,x\n\u2013,3,y\n4,\u2014,x\n5,6,\\N\n7,8,y\n9,1,x\n");
  for (const auto& [column, row] : {std::pair{0, 1}, std::pair{1, 2}, std::pair{2, 3}})
    EXPECT_TRUE(table.columns[static_cast<std::size_t>(column)].missing(row)) << column;
  EXPECT_EQ(table.columns[0].numbers[5], 9);
}

TEST(CsvNumbers, ReadsCurrenciesPercentAndAccountingAndSaysSo) {
  const Table table = table_of(
      "income,used,balance,score\n\"$12,525.60\",84.7%,128.82,1\n$7.5,25.5%,(109.22),2\n\"$1,000\",44%,-3,3\n");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(12525.6, 7.5, 1000));
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(84.7, 25.5, 44));
  EXPECT_THAT(table.columns[2].numbers, ElementsAre(128.82, -109.22, -3));
  EXPECT_THAT(table.notes, Contains("column 'income': '$12,525.60' is read as 12525.6"));
  EXPECT_THAT(table.notes, Contains("column 'balance': '(109.22)' is read as -109.22"));
}

TEST(CsvNumbers, DoesNotTakeTwoCurrenciesForOne) {
  const Table table = table_of("a,b\n$5,1\n€6,2\n$7,3\n€8,4\n");
  EXPECT_TRUE(table.columns[0].is_text());
  EXPECT_TRUE(table_of("a,b\n5%,1\n0.6,2\n7%,3\n0.8,4\n").columns[0].is_text());
  EXPECT_TRUE(table_of("a,b\n(1999),1\n(2004),2\n(2010),3\n").columns[0].is_text());
}

std::string numbers_with(const std::vector<std::string>& odd, int numbers) {
  std::string text = "x,y\n";
  for (int i = 0; i < numbers; ++i) text += std::to_string(i * 0.5 + 0.1) + "," + std::to_string(i) + "\n";
  for (const std::string& field : odd) text += field + ",1\n";
  return text;
}

TEST(CsvNumbers, TakesAFewTextsAmongNumbersForMissingAndSaysWhere) {
  const Table table = table_of(numbers_with({"n.d."}, 100));
  ASSERT_FALSE(table.columns[0].is_text());
  EXPECT_TRUE(table.columns[0].missing(100));
  EXPECT_THAT(table.notes, ElementsAre("column 'x': 'n.d.' in line 102 is no number and read as missing (1 field)"));
  // The same where the text comes first.
  const Table first = table_of("x,y\nn.d.,1\n" + numbers_with({}, 100).substr(4));
  ASSERT_FALSE(first.columns[0].is_text());
  EXPECT_EQ(first.columns[0].numbers[1], 0.1);
}

TEST(CsvNumbers, KeepsCodesAmongNumbersAsText) {
  // Different codes, not slips: diagnoses like 250, 428, V57, E909.
  const Table codes = table_of(numbers_with({"V57", "V58", "E909", "V12", "E1", "E2"}, 100));
  EXPECT_TRUE(codes.columns[0].is_text());
  EXPECT_THAT(codes.notes, ElementsAre("column 'x' is read as text: 'V57' in line 102 is no number"));
  EXPECT_TRUE(table_of(numbers_with({"a", "a", "a", "a", "a", "a", "a", "a"}, 100)).columns[0].is_text());
}

TEST(CsvNumbers, NamesTheValueWithAUnit) {
  std::string text = "weight,y\n";
  for (int i = 0; i < 50; ++i) text += std::to_string(50 + i) + ".5 kg," + std::to_string(i) + ".25\n";
  const Table table = table_of(text);
  EXPECT_THAT(table.notes, ElementsAre("column 'weight' is read as text: '50.5 kg' in line 2 is no number"));
  const std::string why = message_of<InputError>([&] { prepare(table, {.target = "weight"}); });
  EXPECT_THAT(why, HasSubstr("t.csv:2: '50.5 kg' is no number"));
  const std::string left = message_of<InputError>([&] { prepare(table); });
  EXPECT_THAT(left, HasSubstr("weight: text, as '50.5 kg' is no number"));
}

TEST(CsvNumbers, LeavesOutARowOfUnits) {
  std::string text = "time,temp,state\ns,degC,-\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + ".5," + std::to_string(i * i) + (i % 2 ? ",hi\n" : ",lo\n");
  const Table units = table_of(text);
  EXPECT_EQ(units.rows(), 60);
  EXPECT_EQ(units.columns[0].numbers[0], 0.5);
  EXPECT_EQ(units.lines[0], 3);
  EXPECT_THAT(units.notes, ElementsAre("line 2 holds no data but 's', 'degC', '-'; it is left out"));
  EXPECT_THAT(Target::choose(units, "last").labels(), ElementsAre("hi", "lo"));
}

TEST(CsvNumbers, FindsTheHeaderOverCurrencies) {
  const Table table = table_of("price,fee\n$1.50,5%\n$2.25,7%\n$3.75,9%\n");
  EXPECT_EQ(table.columns[0].name, "price");
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(5, 7, 9));
}

TEST(CsvNumbers, SaysWhichMarksAreMissingAndTakesMore) {
  const Table table = table_of("a,b\n1,x\nNA,y\n-99,NA\n4,x\n", {.missing = {"-99"}});
  EXPECT_TRUE(table.columns[0].missing(1));
  EXPECT_TRUE(table.columns[0].missing(2));
  EXPECT_EQ(table.columns[0].numbers[3], 4);
  EXPECT_THAT(table.notes,
              ElementsAre("'-99' is read as missing: 1 field in 'a'", "'NA' is read as missing: 2 fields in 'a', 'b'"));
}

TEST(CsvNumbers, TakesANumberForMissingInAnySpelling) {
  const Table table = table_of("a,b\n1.5,x\n-999.00,y\n-999,x\n4,y\n", {.missing = {"-999"}});
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1.5, ::testing::IsNan(), ::testing::IsNan(), 4));
}

TEST(CsvNumbers, NeverMergesCodesThatAreWrittenOtherwise) {
  // 001, 01 and 1 are three; ids beyond 2⁵³ keep their digits.
  EXPECT_THAT(Target::choose(table_of("x,c\n1,001\n2,01\n3,1\n4,001\n5,01\n6,1\n"), "c").labels(),
              ElementsAre("001", "01", "1"));
  const char* ids = "x,c\n1,9007199254740992\n2,9007199254740993\n3,9007199254740992\n4,9007199254740993\n";
  EXPECT_THAT(Target::choose(table_of(ids), "c").labels(), ElementsAre("9007199254740992", "9007199254740993"));
  // Of one width they are numbers, which are written as they were.
  const Table padded = table_of("c,y\n01,1\n02,2\n10,3\n01,4\n02,5\n10,6\n");
  EXPECT_THAT(padded.columns[0].numbers, ElementsAre(1, 2, 10, 1, 2, 10));
  EXPECT_EQ(padded.columns[0].text(0), "01");
  EXPECT_EQ(padded.columns[0].text(2), "10");
}

TEST(CsvNumbers, LeavesEmptyColumnsAndPandasIndexAlone) {
  std::string text = ",a,y,\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string((i * 17) % 101) + "," + std::to_string(i * 0.3) + (i % 3 ? ",n,\n" : ",p,\n");
  const Table table = table_of(text);
  EXPECT_EQ(table.columns[static_cast<std::size_t>(find_column(table, "last"))].name, "y");
  const Prepared prepared = prepare(table);
  ASSERT_EQ(prepared.preprocessor.used().size(), 1u);
  EXPECT_EQ(prepared.preprocessor.used()[0].name, "a");
  EXPECT_THAT(prepared.preprocessor.left_out()[0].reason, HasSubstr("identifier"));
}

TEST(CsvNumbers, CallsDatesDates) {
  std::string text = "day,x,y\n";
  for (int i = 0; i < 60; ++i)
    text += "2023-0" + std::to_string(1 + i % 9) + "-" + std::to_string(10 + i / 9) + "," + std::to_string(i * i) +
            "," + std::to_string(i) + ".5\n";
  const Prepared prepared = prepare(table_of(text));
  EXPECT_THAT(prepared.preprocessor.left_out()[0].reason, HasSubstr("dates, "));
}

/// Trained on `training`, as its model's JSON keeps it; what `later` reads as.
class Later {
 public:
  explicit Later(std::string_view training, const PrepareOptions& options = {}) {
    const Prepared prepared = prepare(table_of(training), options);
    preprocessor_ = preprocessor_from_json(to_json(prepared.preprocessor));
  }
  Table read(std::string_view later) const {
    const TemporaryFile file("new.csv", later);
    return read_table(file.path(), preprocessor_.schema());
  }
  std::string refusal(std::string_view later) const {
    const TemporaryFile file("new.csv", later);
    return message_of<InputError>([&] { read_table(file.path(), preprocessor_.schema()); });
  }
  const Preprocessor& preprocessor() const { return preprocessor_; }

 private:
  Preprocessor preprocessor_;
};

std::string trained_on_points() {
  std::string text = "a,b,y\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i * 0.37) + "," + std::to_string(i % 7) + "," + std::to_string(i * 0.7) + "\n";
  return text;
}

TEST(CsvNumbers, ReadsAnotherDecimalMarkAtPredictionWhereTheFileShowsIt) {
  const Later model(trained_on_points());
  const Table semicolons = model.read("b;extra;a\n1;x;1,234\n2;x;0,5\n");
  EXPECT_THAT(semicolons.find("a")->numbers, ElementsAre(1.234, 0.5));
  EXPECT_THAT(semicolons.notes, Contains(HasSubstr("numbers have decimal commas")));
  // Nothing tells: as in training.
  EXPECT_THAT(model.read("a\tb\n1,234\t1\n2,345\t2\n").find("a")->numbers, ElementsAre(1234, 2345));
  EXPECT_THAT(model.refusal("a\tb\n0.5\t1\n0,5\t2\n"),
              HasSubstr("new.csv:3:1: '0,5' is not a number with a decimal point"));
}

TEST(CsvNumbers, ReadsThousandsAtPredictionAsInTraining) {
  std::string text = "quote;pop;y\n";
  for (int i = 0; i < 40; ++i)
    text += "0," + std::to_string(10 + i) + ";" + std::to_string(1 + i % 9) + ".000;" + std::to_string(i) + ",5\n";
  const Later model(text);
  EXPECT_THAT(model.read("quote;pop\n1;2.000\n1;20\n").find("pop")->numbers, ElementsAre(2000, 20));
  // A file of points for a model of commas.
  EXPECT_THAT(model.read("quote,pop\n0.5,2000\n0.25,20\n").find("quote")->numbers, ElementsAre(0.5, 0.25));
}

TEST(CsvNumbers, RefusesAnotherUnitAtPrediction) {
  std::string text = "share,pay,y\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i % 13) + ".5%,$" + std::to_string(i * 3) + "," + std::to_string(i) + ".5\n";
  const Later model(text);
  EXPECT_THAT(model.read("share,pay\n5%,$7\n0,8\n").find("share")->numbers, ElementsAre(5, 0));
  EXPECT_THAT(model.refusal("share,pay\n0.05,$7\n"), HasSubstr("'0.05' is not a number in %"));
  EXPECT_THAT(model.refusal("share,pay\n5%,€7\n"), HasSubstr("'€7' is not a number in $"));
  EXPECT_THAT(Later(trained_on_points()).refusal("a,b\n84.7%,1\n"),
              HasSubstr("'84.7%' is not a number without a unit"));
}

TEST(CsvNumbers, KnowsAtPredictionTheTextsThatWereMissingInTraining) {
  const Later model(numbers_with({"n.d."}, 100));
  EXPECT_TRUE(model.read("x\nn.d.\n1.5\n").find("x")->missing(0));
  EXPECT_THAT(model.refusal("x\n1.5\nunread\n"), HasSubstr("new.csv:3:1: 'unread' is not a number"));
}

TEST(CsvNumbers, FindsALabelThatAnotherFileWritesOtherwise) {
  std::string text = "x,c\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i * 0.5) + ",0" + std::to_string(1 + i % 3) + "\n";
  const Later model(text);
  const Target& target = model.preprocessor().target();
  EXPECT_THAT(target.labels(), ElementsAre("01", "02", "03"));
  const Table later = model.read("x,c\n1,02\n2,2\n3,2.0\n");
  const std::vector<std::int64_t> rows = {0, 1, 2};
  EXPECT_THAT(target.encode(later, rows).to_vector<std::int64_t>(), ElementsAre(1, 1, 1));
}

TEST(CsvNumbers, WritesClassesOfNumbersAsMostRowsHaveThem) {
  EXPECT_THAT(Target::choose(table_of("x,c\n1,1.0\n2,2.0\n3,1.0\n4,2.0\n5,1.0\n"), "c").labels(),
              ElementsAre("1.0", "2.0"));
  EXPECT_THAT(Target::choose(table_of("x,c\n1,1\n2,2\n3,1.0\n4,2\n5,1\n6,1\n"), "c").labels(), ElementsAre("1", "2"));
}

Column texts(const char* name, const std::vector<std::string>& fields) {
  Column column{.name = name, .kind = ColumnKind::text};
  for (const std::string& field : fields) {
    column.codes.push_back(field.empty() ? -1 : static_cast<std::int32_t>(column.values.size()));
    if (!field.empty()) column.values.push_back(field);
  }
  return column;
}

TEST(CsvNumbers, WritesExponentsAndBarePointsAsTheyStood) {
  const TemporaryFile file("t.csv", "x,y\n1,1e5\n2,.5\n3,2.5E-1\n4,1e5\n5,-.5\n6,.5\n7,2.5E-1\n8,-.5\n");
  const Table table = read_table(file.path());
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < 5; ++row) texts.push_back(table.columns[1].text(row));
  EXPECT_THAT(texts, ElementsAre("1e5", ".5", "2.5E-1", "1e5", "-.5"));
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(1e5, 0.5, 0.25, 1e5, -0.5, 0.5, 0.25, -0.5));
}

TEST(TextColumns, BecomeNumbersByTheRulesOfFiles) {
  Table table;
  table.columns = {texts("a", {"1,234", "", "2,345"}), texts("b", {"0.5", "NA", "$1.5"}), texts("c", {"x", "y", "x"})};
  read_numbers(table);
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1234, ::testing::IsNan(), 2345));
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(0.5, ::testing::IsNan(), 1.5));
  EXPECT_TRUE(table.columns[2].is_text());
  EXPECT_THAT(table.notes, Contains("column 'a': '1,234' is read as 1234"));
  Table open;
  open.columns = {texts("a", {"1,234", "2,345"})};
  EXPECT_THAT(message_of<InputError>([&] { read_numbers(open); }), HasSubstr("'1,234' in row 1 of column 'a'"));
}

TEST(TextColumns, AreReadAsInTraining) {
  const TableSchema schema{.columns = {{.name = "a"}}, .decimal = Decimal::comma};
  Table table;
  table.columns = {texts("a", {"1.234", "", "2,5"})};
  read_numbers(table, schema);
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1234, ::testing::IsNan(), 2.5));
  table.columns = {texts("a", {"1.234", "many"})};
  EXPECT_THAT(message_of<InputError>([&] { read_numbers(table, schema); }), HasSubstr("row 2: 'many' is not a number"));
}

TEST(CsvNumbers, MakesCategoriesOfPaddedCodes) {
  std::string text = "dept,y\n";
  for (int i = 0; i < 90; ++i) text += "0" + std::to_string(1 + i % 3) + "," + std::to_string(i * 0.5) + "\n";
  const Later model(text);
  EXPECT_THAT(model.preprocessor().used()[0].categories, ElementsAre("01", "02", "03"));
  EXPECT_EQ(model.read("dept\n02\n").find("dept")->text(0), "02");
}

}  // namespace
}  // namespace relume::data
