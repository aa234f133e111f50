#include "relume/data/csv.h"

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> rows_of(CsvReader& reader) {
  std::vector<std::vector<std::string>> rows;
  CsvRow row;
  while (reader.next(row)) rows.emplace_back(row.fields.begin(), row.fields.end());
  return rows;
}

Table table_of(std::string_view text, const CsvOptions& options = {}) {
  const TemporaryFile file("t.csv", text);
  return read_table(file.path(), options);
}

TEST(Csv, KeepsQuotedDelimitersLineEndsAndDoubledQuotesInsideAField) {
  const TemporaryFile file("t.csv", "name,age\n\"Braund, Mr.\",22\n\"two\nlines\",3\n\"say \"\"hi\"\"\",4\n");
  CsvReader reader(file.path());
  EXPECT_THAT(reader.names(), ElementsAre("name", "age"));
  EXPECT_THAT(rows_of(reader), ElementsAre(ElementsAre("Braund, Mr.", "22"), ElementsAre("two\nlines", "3"),
                                           ElementsAre("say \"hi\"", "4")));
}

TEST(Csv, FindsTheDelimiter) {
  struct Case {
    const char* text;
    char delimiter;
    std::size_t columns;
  };
  for (const Case& c : {Case{"a,b,c\n1,2,3\n4,5,6\n", ',', 3}, Case{"a\tb\n1\t2,5\n3\t4,5\n", '\t', 2},
                        Case{"a;b;c\n1,5;2,25;x\n2,5;3,5;y\n", ';', 3}, Case{"1,5;2,25;3,0\n2,5;3,5;4,5\n", ';', 3},
                        Case{"a|b\n1|2\n3|4\n", '|', 2}, Case{"1.5  2.5   x\n 2.5 3.5  y\n", ' ', 3},
                        Case{"id,tags\n1,a;b\n2,c;d\n3,e;f\n", ',', 2}, Case{"x\n1\n2\n", ',', 1}}) {
    const TemporaryFile file("t.csv", c.text);
    CsvReader reader(file.path());
    EXPECT_EQ(reader.delimiter(), c.delimiter) << c.text;
    EXPECT_EQ(reader.names().size(), c.columns) << c.text;
  }
}

TEST(Csv, FindsWhetherThereIsAHeader) {
  struct Case {
    const char* text;
    bool header;
  };
  for (const Case& c :
       {Case{"a,b\n1,2\n", true}, Case{"1,2\n3,4\n", false}, Case{"5.1,3.5,setosa\n4.9,3.0,setosa\n", false},
        Case{"len,wid,kind\n5.1,3.5,setosa\n4.9,3.0,setosa\n", true},
        Case{"class,cap,odor\np,x,s\ne,x,s\np,y,n\ne,x,s\n", true}, Case{"p,x,s\ne,x,s\np,y,n\ne,x,s\n", false},
        Case{",x,y\n0,1,2\n1,2,3\n", true}, Case{"0,1,2,3\n5.1,2.0,1.5,4\n3.0,2.5,1.0,7\n", true},
        Case{"39, State-gov, 77516, <=50K\n50, Private, 83311, >50K\n", false}, Case{"?,x,s\np,x,s\np,y,n\n", false}}) {
    const TemporaryFile file("t.csv", c.text);
    EXPECT_EQ(CsvReader(file.path()).has_header(), c.header) << c.text;
  }
}

TEST(Csv, CutsAtBlanksWhereATabStandsBeforeTheLastColumnOnly) {
  const Table table = table_of(
      "18.0   8   307.0      130.0      3504.\t\"chevrolet chevelle malibu\"\n"
      "25.0   4   98.00      ?          2046.\t\"ford pinto\"\n"
      "24.0   4   113.0      95.00      2372.\t\"toyota\"\n");
  ASSERT_EQ(table.columns.size(), 6u);
  EXPECT_THAT(table.columns[4].numbers, ElementsAre(3504, 2046, 2372));
  EXPECT_TRUE(table.columns[3].missing(1));
  EXPECT_EQ(table.columns[5].text(1), "ford pinto");
}

TEST(Csv, KeepsATabThatCutsWords) {
  const Table table = table_of("New York\t12 to 15\nLos Angeles\t3 to 4\nSan Francisco\t5 to 6\n");
  EXPECT_EQ(table.columns.size(), 2u);
}

TEST(Csv, NamesTheColumnsOfAFileWithoutHeader) {
  const Table table = table_of("1,2,a\n3,4,b\n");
  EXPECT_EQ(table.rows(), 2);
  EXPECT_EQ(table.columns[2].name, "column3");
  EXPECT_FALSE(table.has_header);
}

TEST(Csv, MakesNamesThatAreMissingOrDoubleUnique) {
  const Table table = table_of(",x,x\n0,1,2\n1,5,6\n");
  EXPECT_EQ(table.columns[0].name, "column1");
  EXPECT_EQ(table.columns[1].name, "x");
  EXPECT_EQ(table.columns[2].name, "x.2");
}

TEST(Csv, ReadsEveryLineEndAndSkipsTheByteOrderMarkAndBlankLines) {
  for (const char* text : {"\xef\xbb\xbf"
                           "a,b\r\n1,2\r\n\r\n3,4",
                           "a,b\r1,2\r\r3,4\r", "a,b\n\n1,2\n  \n3,4\n\n"}) {
    const Table table = table_of(text);
    ASSERT_EQ(table.columns.size(), 2u) << text;
    EXPECT_EQ(table.columns[0].name, "a");
    EXPECT_THAT(table.columns[1].numbers, ElementsAre(2, 4)) << text;
  }
}

TEST(Csv, CutsAtBlanksWhereCommasAreWithinNumbersOnly) {
  const TemporaryFile comma("t.txt", "k t a\n3 u 0,40\n5 v 1,25\n7 u 3,5\n1 v 2,75\n"),
      thousands("t.txt", "v z\n(1,234.50) 0.25\n812.25 0.5\n2,100.75 0.75\n(5,000.00) 1.5\n");
  const Table a = read_table(comma.path()), b = read_table(thousands.path());
  ASSERT_EQ(a.columns.size(), 3u);
  EXPECT_THAT(a.columns[2].numbers, ElementsAre(0.4, 1.25, 3.5, 2.75));
  ASSERT_EQ(b.columns.size(), 2u);
  EXPECT_THAT(b.columns[0].numbers, ElementsAre(-1234.5, 812.25, 2100.75, -5000));
}

TEST(Csv, DropsBlanksAroundAField) {
  const Table table = table_of("age, work , pay\n39, State-gov , 1\n 50,\tPrivate,2\n");
  EXPECT_EQ(table.columns[1].name, "work");
  EXPECT_EQ(table.columns[1].text(0), "State-gov");
  EXPECT_EQ(table.columns[1].text(1), "Private");
  EXPECT_EQ(table.columns[0].numbers[1], 50);
}

TEST(Csv, TakesAQuoteThatIsNeverClosedAsACharacterWhereTheLinesAreCompleteWithoutIt) {
  const Table table =
      table_of("Label\tSMS\nham\t\"Wen u miss\nham\tok\nspam\t\"Gimme a few\" was fun\nham\tit\"s\nspam\t\"fine\"\n");
  ASSERT_EQ(table.rows(), 5);
  EXPECT_EQ(table.columns[1].text(0), "\"Wen u miss");
  EXPECT_EQ(table.columns[1].text(2), "\"Gimme a few\" was fun");
  EXPECT_EQ(table.columns[1].text(3), "it\"s");
  EXPECT_EQ(table.columns[1].text(4), "fine");
}

TEST(Csv, SaysWhereAQuoteOpensThatIsNeverClosed) {
  const TemporaryFile file("t.csv", "a,b,c\n1,2,3\n4,\"5\n6,7\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(file.path()); }), HasSubstr("t.csv:3:2: a quote opens here"));
}

TEST(Csv, ReportsARaggedRowWithFileLineAndColumn) {
  const TemporaryFile shorter("t.csv", "a,b,c\n1,2,3\n\n4,5\n6,7,8\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(shorter.path()); }),
              HasSubstr("t.csv:4:2: 2 fields where the first row has 3"));
  const TemporaryFile longer("t.csv", "a,b,c\n1,2,3\n4,5,6,7\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(longer.path()); }),
              HasSubstr("t.csv:3:4: 4 fields where the first row has 3"));
}

TEST(Csv, AcceptsSurplusEmptyFieldsAtTheEnd) {
  EXPECT_EQ(table_of("a,b\n1,2\n3,4,,\n5,6\n").rows(), 3);
  EXPECT_EQ(table_of("a,b\n1,2,\n3,4,\n").columns.size(), 2u);
}

TEST(Csv, ReadsTheNamesOfRowsThatRWrites) {
  const Table table = table_of("\"x\" \"y\"\n\"1\" 5.1 3.5\n\"2\" 4.9 3\n");
  ASSERT_EQ(table.columns.size(), 3u);
  EXPECT_EQ(table.columns[1].name, "x");
  EXPECT_THAT(table.columns[1].numbers, ElementsAre(5.1, 4.9));
}

TEST(Csv, TakesTheMarksForMissing) {
  const Table table = table_of("a,b\n1,x\n?,?\nNA,NA\nNaN,null\nnull,N/A\n,\nn/a,y\n2,x\n-,y\nunknown,x\n");
  ASSERT_FALSE(table.columns[0].is_text());
  for (const int row : {1, 2, 3, 4, 5, 6, 8, 9}) EXPECT_TRUE(table.columns[0].missing(row)) << row;
  for (const int row : {1, 2, 3, 4, 5}) EXPECT_TRUE(table.columns[1].missing(row)) << row;
  EXPECT_EQ(table.columns[0].numbers[7], 2);
}

TEST(Csv, KeepsTheTextOfNumbersInAColumnThatTurnsOutToBeText) {
  const Table table = table_of("code,n\n007,1\n1.50,2\n-,3\nA/5,4\n007,5\n");
  ASSERT_TRUE(table.columns[0].is_text());
  EXPECT_EQ(table.columns[0].text(0), "007");
  EXPECT_EQ(table.columns[0].text(1), "1.50");
  EXPECT_EQ(table.columns[0].text(2), "-");
  EXPECT_EQ(table.columns[0].codes[0], table.columns[0].codes[4]);
}

TEST(Csv, ParsesNumbersAsPeopleWriteThem) {
  EXPECT_EQ(parse_number("+1.5"), 1.5);
  EXPECT_EQ(parse_number(" 1e5 "), 1e5);
  EXPECT_EQ(parse_number("-.5"), -0.5);
  EXPECT_EQ(parse_number("1,234,567.5"), 1234567.5);
  EXPECT_EQ(parse_number("1,5", true), 1.5);
  EXPECT_EQ(parse_number("1e-999"), 0);
  EXPECT_TRUE(std::isinf(*parse_number("1e999")));
  EXPECT_TRUE(std::isnan(*parse_number("nan")));
  for (const char* text : {"", "x", "1x", "1,5", "1,23,4", "12,34", "--1", "+-1", "1 2", ",123", "0x10", "1,234,56"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Csv, ReadsDecimalCommasInFilesWithSemicolons) {
  const Table table = table_of("x;y\n1,5;2\n-0,25;3\n");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1.5, -0.25));
}

TEST(Csv, RefusesInfinityAndSaysWhere) {
  const TemporaryFile file("t.csv", "a,b\n1,2\n3,inf\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(file.path()); }), HasSubstr("t.csv:3:2"));
}

TEST(Csv, ReadsGzipByItsBytesAndRefusesItWhenItIsCut) {
  std::string text = "a,b\n";
  Rng rng(1);
  for (int i = 0; i < 20000; ++i) text += std::to_string(rng.below(100000)) + "," + std::to_string(i) + "\n";
  const std::string packed = gzip(text);
  const TemporaryFile whole("t.csv", packed);
  EXPECT_EQ(read_table(whole.path()).rows(), 20000);
  for (const std::size_t size : {packed.size() / 2, packed.size() - 1, packed.size() - 6}) {
    const TemporaryFile cut("t.csv.gz", std::string_view(packed).substr(0, size));
    EXPECT_THAT(message_of<InputError>([&] { read_table(cut.path()); }), HasSubstr("ends too early"));
  }
}

TEST(Csv, RefusesWhatIsNoTable) {
  const auto message = [](std::string_view text) {
    const TemporaryFile file("t.csv", text);
    return message_of<InputError>([&] { read_table(file.path()); });
  };
  EXPECT_THAT(message(""), HasSubstr("no rows"));
  EXPECT_THAT(message("\n\n"), HasSubstr("no rows"));
  EXPECT_THAT(message("a,b\n"), HasSubstr("no rows"));
  EXPECT_THAT(message("\xff\xfe"
                      "a"),
              HasSubstr("UTF-16"));
  EXPECT_THAT(message(std::string_view("ab\0cd", 5)), HasSubstr("not text"));
  EXPECT_THAT(message_of<FileError>([] { read_table("/nowhere/t.csv"); }), HasSubstr("/nowhere/t.csv"));
}

TEST(Csv, FollowsLinesAcrossTheBlocksThatItReads) {
  // Over three blocks of text, with fields in quotes that span lines.
  std::string text = "i,t,x\n";
  for (int i = 0; i < 60000; ++i) {
    text += std::to_string(i) + (i % 3 ? ",plain text to fill the block up," : ",\"two\nlines, \"\"quoted\"\"\",");
    text += std::to_string(2 * i) + "\n";
  }
  const TemporaryFile file("t.csv", text);
  CsvReader reader(file.path());
  CsvRow row;
  std::int64_t i = 0, line = 2;
  for (; reader.next(row); ++i) {
    ASSERT_EQ(row.fields.size(), 3u);
    ASSERT_EQ(row.fields[0], std::to_string(i));
    ASSERT_EQ(row.fields[2], std::to_string(2 * i));
    ASSERT_EQ(row.line, line);
    line += i % 3 ? 1 : 2;
  }
  EXPECT_EQ(i, 60000);
}

TEST(Csv, SurvivesAnyBytes) {
  Rng rng(7);
  constexpr std::string_view alphabet = "a1,.;\t| \"\n\r-?e\xff";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    const std::uint64_t size = rng.below(200);
    for (std::uint64_t i = 0; i < size; ++i) text += alphabet[rng.below(alphabet.size())];
    const TemporaryFile file("t.csv", text);
    try {
      const Table table = read_table(file.path());
      for (const Column& column : table.columns) ASSERT_EQ(column.rows(), table.rows());
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("t.csv"));
    }
  }
}

TableSchema specs() {
  return {{{"age", ColumnKind::number, ColumnUse::feature, true},
           {"name", ColumnKind::text, ColumnUse::unused, false},
           {"sex", ColumnKind::text, ColumnUse::feature, true},
           {"paid", ColumnKind::number, ColumnUse::target, false}}};
}

TEST(TableReader, FindsColumnsByNameInAnyOrderAndIgnoresOthers) {
  const TemporaryFile file("t.csv", "extra,sex,age\n9,m,1\n9,f,2\n9,m,3\n");
  TableReader reader(file.path(), specs());
  Table table;
  ASSERT_TRUE(reader.next(table, 2));
  ASSERT_EQ(table.columns.size(), 2u);
  EXPECT_THAT(table.find("age")->numbers, ElementsAre(1, 2));
  EXPECT_EQ(table.find("sex")->text(1), "f");
  ASSERT_TRUE(reader.next(table, 2));
  EXPECT_THAT(table.find("age")->numbers, ElementsAre(3));
  EXPECT_EQ(table.where(0), file.path().string() + ":4");
  EXPECT_FALSE(reader.next(table, 2));
}

TEST(TableReader, FindsColumnsByPlaceWithoutAHeaderWithOrWithoutTheTarget) {
  for (const char* text : {"1,bob,m,0\n2,eve,f,1\n", "1,bob,m\n2,eve,f\n"}) {
    const TemporaryFile file("t.csv", text);
    const Table table = read_table(file.path(), specs());
    EXPECT_THAT(table.find("age")->numbers, ElementsAre(1, 2));
    EXPECT_EQ(table.find("sex")->text(0), "m");
  }
}

TEST(TableReader, NamesTheColumnThatIsMissing) {
  const TemporaryFile file("t.csv", "age,paid\n1,0\n");
  EXPECT_THAT(message_of<InputError>([&] { TableReader(file.path(), specs()); }), HasSubstr("no column 'sex'"));
}

TEST(TableReader, NamesThePlaceOfATextWhereANumberIsDue) {
  const TemporaryFile file("t.csv", "age,sex\n1,m\nold,f\n");
  EXPECT_THAT(message_of<InputError>([&] { read_table(file.path(), specs()); }),
              HasSubstr("t.csv:3:1: 'old' is not a number"));
}

TEST(TableReader, ReadsTextThatLooksLikeNumbersAsText) {
  const TemporaryFile file("t.csv", "age,sex\n1,01\n2,1.0\n");
  const Table table = read_table(file.path(), specs());
  EXPECT_EQ(table.find("sex")->text(0), "01");
  EXPECT_EQ(table.find("sex")->text(1), "1.0");
}

TEST(Table, FindsColumnsByNameNumberAndLast) {
  const Table table = table_of("a,b,7\n1,2,x\n1,2,y\n");
  EXPECT_EQ(find_column(table, "b"), 1);
  EXPECT_EQ(find_column(table, "1"), 0);
  EXPECT_EQ(find_column(table, "-2"), 1);
  EXPECT_EQ(find_column(table, "last"), 2);
  for (const char* which : {"4", "0", "-4", "", "c1"}) EXPECT_THROW(find_column(table, which), InputError) << which;
}

TEST(Table, SuggestsTheNearestName) {
  const Table table = table_of("survived,age\n1,2\n0,3\n");
  EXPECT_THAT(message_of<InputError>([&] { find_column(table, "Survved"); }), HasSubstr("did you mean 'survived'?"));
  EXPECT_THAT(message_of<InputError>([&] { find_column(table, "zzz"); }), HasSubstr("survived, age"));
}

TEST(Table, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(shortest(1), "1");
  EXPECT_EQ(shortest(0.25), "0.25");
  EXPECT_EQ(shortest(1000000), "1000000");
  EXPECT_EQ(shortest(-3), "-3");
}

}  // namespace
}  // namespace relume::data
