// From bytes to rows: encodings, line ends, quotes, comments, and rows that are not lost.
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "relume/base/error.h"
#include "relume/data/csv.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;

Table table_of(std::string_view text) {
  const TemporaryFile file("t.csv", text);
  return read_table(file.path());
}

std::string refusal(std::string_view text) {
  const TemporaryFile file("t.csv", text);
  return message_of<InputError>([&] { read_table(file.path()); });
}

std::vector<std::string> column(const Table& table, std::size_t place) {
  std::vector<std::string> values;
  for (std::int64_t row = 0; row < table.rows(); ++row) values.push_back(table.columns[place].text(row));
  return values;
}

std::vector<std::string> names(const Table& table) {
  std::vector<std::string> all;
  for (const Column& c : table.columns) all.push_back(c.name);
  return all;
}

std::string utf16(std::u16string_view text, bool big, bool mark) {
  std::string bytes;
  const auto put = [&](char16_t c) {
    const char low = static_cast<char>(c & 0xff), high = static_cast<char>(c >> 8);
    bytes += big ? high : low;
    bytes += big ? low : high;
  };
  if (mark) put(0xfeff);
  for (const char16_t c : text) put(c);
  return bytes;
}

TEST(CsvText, IsLatin1WhereAByteIsNoUtf8AndSaysSo) {
  const Table table = table_of("pr\xeanom;y\ncaf\xe9;1\nth\xe9;2\nna\xefve \x80 \x92;3\n");
  EXPECT_EQ(table.columns[0].name, "prênom");
  EXPECT_THAT(column(table, 0), ElementsAre("café", "thé", "naïve € ’"));
  ASSERT_EQ(table.notes.size(), 1u);
  EXPECT_THAT(table.notes[0], AllOf(HasSubstr("t.csv:1: 6 bytes are no UTF-8"), HasSubstr("Windows-1252")));
  EXPECT_THAT(table_of("prénom;y\ncafé;1\nthé;2\n").notes, IsEmpty());
}

TEST(CsvText, MayHaveOneForeignByteFarDown) {
  std::string text = "answer,y\n";
  for (int i = 0; i < 200000; ++i) text += i % 2 ? "ouï,1\n" : "non,0\n";
  const std::size_t rows = 200000;
  text +=
      "l\x92"
      "eau,0\n";
  const Table table = table_of(text);
  ASSERT_EQ(table.rows(), rows + 1);
  EXPECT_EQ(table.columns[0].text(rows), "l’eau");
  EXPECT_THAT(table.columns[0].values, ElementsAre("non", "ouï", "l’eau"));
  EXPECT_THAT(table.notes.at(0), HasSubstr(":200002: 1 byte is no UTF-8"));
}

TEST(CsvText, InCharactersOfSeveralBytesMaySpanBlocks) {
  for (std::size_t pad = 0; pad < 3; ++pad) {
    std::string text = "name,y\n" + std::string(pad, 'x') + ",1\n";
    while (text.size() < (5u << 18)) text += "é€😀ß,2\r\n";
    const Table table = table_of(text);
    EXPECT_EQ(table.columns[0].values.size(), pad == 0 ? 1u : 2u);
    EXPECT_THAT(table.notes, IsEmpty());
  }
}

TEST(CsvText, OfAnotherScriptIsRefusedWithLineAndByte) {
  EXPECT_THAT(refusal("a,y\n1,2\n\xef\xf0\xe8\xe2\xe5\xf2,3\n"),
              AllOf(HasSubstr("t.csv:3: byte 8"), HasSubstr("UTF-8")));
  EXPECT_THAT(refusal("a,y\n1,2\nx\x81,3\n"), HasSubstr("t.csv:3: byte 9"));
}

TEST(CsvText, IsReadAsUtf16ByItsMark) {
  for (const bool big : {false, true}) {
    std::u16string text = u"größe;y\r\n";
    for (int i = 0; i < 80000; ++i) text += i % 2 ? u"😀;1\r\n" : u"é;2\r\n";
    const Table table = table_of(utf16(text, big, true));
    EXPECT_EQ(table.rows(), 80000);
    EXPECT_EQ(table.columns[0].name, "größe");
    EXPECT_THAT(table.columns[0].values, ElementsAre("é", "😀"));
    EXPECT_THAT(refusal(utf16(u"a;b\n1;2\n3;4\n", big, false)), HasSubstr("UTF-16"));
  }
  EXPECT_THAT(refusal(utf16(u"a;b\n1;\xd800\n", false, true)), HasSubstr("t.csv:2: byte 14"));
  EXPECT_THAT(refusal(utf16(u"a;b\n1;2\n", false, true) + "x"), HasSubstr("ends inside"));
}

TEST(CsvText, NamesTheFirstZeroByte) {
  EXPECT_THAT(refusal(std::string("a,b\n1,2\n3,4\n") + std::string(100, '\0')), HasSubstr("t.csv:4: byte 12"));
  std::string late = "a,b\n";
  while (late.size() < (5u << 18)) late += "1,2\n";
  EXPECT_THAT(refusal(late + std::string(3, '\0')),
              HasSubstr(":" + std::to_string(late.size() / 4 + 1) + ": byte " + std::to_string(late.size())));
}

TEST(CsvText, LosesByteOrderMarksAndTheHeaderWhereFilesWerePutTogether) {
  const Table table = table_of(
      "\xef\xbb\xbf\xef\xbb\xbf"
      "a,b\n1,x\n\xef\xbb\xbf"
      "a,b\n2,y\n\xef\xbb\xbf"
      "3,x\n");
  EXPECT_THAT(names(table), ElementsAre("a", "b"));
  EXPECT_THAT(column(table, 0), ElementsAre("1", "2", "3"));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("t.csv:3: this line repeats the header")));
}

TEST(CsvText, KeepsARowWhoseValueIsTheNameOfItsColumn) {
  EXPECT_EQ(table_of("spam\nham\nspam\nspam\nham\n").rows(), 5);
}

TEST(CsvText, MayMixLineEnds) {
  for (const char* text : {"k,y\n1,up\r\n2,down\r3,up\n", "k,y\r\n1,up\r\r\n2,down\r\r\n3,up\r\n",
                           "k,y\n1,up\r2,down\r3,up\r", "k,y\r1,up\n2,down\r\n3,up", "k,y\n1,up\n2,down\n3,up\n\x1a"}) {
    const Table table = table_of(text);
    EXPECT_THAT(column(table, 1), ElementsAre("up", "down", "up")) << text;
  }
  EXPECT_THAT(column(table_of("x\r\r\n1\r\r\n2\r\r\n"), 0), ElementsAre("1", "2"));
}

TEST(CsvText, HasARowWithoutAValueForABlankLineOfOneColumn) {
  const Table table = table_of("x\n1.0\n\n-1.0\n\n \n2.0\n\n\n");
  EXPECT_THAT(column(table, 0), ElementsAre("1.0", "", "-1.0", "", "", "2.0"));
  EXPECT_THAT(table.lines, ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_THAT(column(table_of("\n\n1\n\n2\n"), 0), ElementsAre("1", "", "2"));
  EXPECT_EQ(table_of("a,b\n1,2\n\n3,4\n").rows(), 2);
}

TEST(CsvQuotes, MayBeEscapedByABackslash) {
  const Table table = table_of(
      "x,t,y\n1,\"2\\\" seam, blue\",0\n2,\"plain\",1\n3,\"says "
      "\\\"no\\\"\",0\n4,\"two\\\"\nlines\",1\n5,\"\\\"\",0\n");
  EXPECT_THAT(column(table, 1), ElementsAre("2\" seam, blue", "plain", "says \"no\"", "two\"\nlines", "\""));
}

TEST(CsvQuotes, MayStandBehindABackslashThatIsACharacter) {
  const Table table = table_of("p,y\n\"C:\\a\\\",1\n\"C:\\b, c\\\",2\n\"D:\\\",3\n");
  EXPECT_THAT(column(table, 0), ElementsAre("C:\\a\\", "C:\\b, c\\", "D:\\"));
}

TEST(CsvQuotes, MayHoldLinesThatLookLikeRows) {
  // Were the second line a row, its first field would be a number.
  const Table table = table_of("x,t\n1,\"dear all\nbest, me\"\n2,fine\n3,\"so\nlong, then\"\n");
  EXPECT_THAT(column(table, 1), ElementsAre("dear all\nbest, me", "fine", "so\nlong, then"));
}

TEST(CsvQuotes, ThatAreStrayDoNotGlueRowsTogether) {
  const Table table = table_of("a,t,b\n1,\"abc,2\n3,x,4\n5,y\",6\n7,z,8\n9,\"w\",10\n");
  EXPECT_THAT(column(table, 0), ElementsAre("1", "3", "5", "7", "9"));
  EXPECT_THAT(column(table, 1), ElementsAre("\"abc", "x", "y\"", "z", "w"));
}

TEST(CsvQuotes, ThatOpenOverANumberAndAreNeverClosedAreRefused) {
  EXPECT_THAT(refusal("a,b,y\n1,\"2,3\n4,5,6\n7,8,9\n"), HasSubstr("t.csv:2:2: a quote opens here"));
  EXPECT_THAT(refusal("a,t\n1,\"x\n2,y\n\"3,z\n4,w\n"), HasSubstr("t.csv:4:1: a quote opens here"));
  EXPECT_THAT(refusal("t\n\"abc\ndef\n"), HasSubstr("t.csv:2:1: a quote opens here"));
}

TEST(CsvQuotes, OfAnotherKindAreNamed) {
  EXPECT_THAT(refusal("x,t,y\n1,'a, b',0\n2,'c',1\n3,'d, e',0\n4,'f, g',0\n"),
              AllOf(HasSubstr("t.csv:2:4"), HasSubstr("double quotes")));
  EXPECT_THAT(refusal("x,t,y\n1,'a',0\n2,'c',1\n3,'d, e',0\n4,'f',0\n"),
              AllOf(HasSubstr("t.csv:4:4"), HasSubstr("double quotes")));
}

TEST(CsvComments, ArePassedOverAboveAndBetweenRows) {
  const Table table = table_of("# export, of, all\n#\na,b,c\n1,2,x\n# 9,9\n3,4,y\n#5,6,x\n7,8,y\n");
  EXPECT_THAT(names(table), ElementsAre("a", "b", "c"));
  EXPECT_THAT(column(table, 0), ElementsAre("1", "3", "7"));
  EXPECT_THAT(table.lines, ElementsAre(4, 6, 8));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("t.csv:1: 4 lines that begin with #")));
}

TEST(CsvComments, AreNotRowsThatBeginWithAHash) {
  EXPECT_EQ(table_of("color,n\nred,1\n#ff0000,2\nblue,3\n#00ff00,4\n").rows(), 4);
  EXPECT_EQ(table_of("#a,1\n#b,2\n#a,3\n").rows(), 3);
}

TEST(CsvComments, AreNotTheErrorsOfSpreadsheets) {
  const Table table = table_of("a,b\n1,2\n#N/A,3\n4,5\n#DIV/0!,6\n7,8\n# 1,2\n9,10\n3,11\n5,12\n6,13\n#N/A,14\n");
  EXPECT_THAT(column(table, 1), ElementsAre("2", "3", "5", "6", "8", "10", "11", "12", "13", "14"));
}

TEST(CsvMissing, IsAnErrorOfASpreadsheetAmongNumbersAlone) {
  const Table table = table_of("a,b\n1,x\n#DIV/0!,y\n3,#VALUE!\n#Ref!,x\n5,y\n#NUM!,x\n7,y\n#NAME?,x\n#NULL!,x\n8,y\n");
  ASSERT_FALSE(table.columns[0].is_text());
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1, IsNan(), 3, IsNan(), 5, IsNan(), 7, IsNan(), IsNan(), 8));
  EXPECT_THAT(column(table, 1), ElementsAre("x", "y", "#VALUE!", "x", "y", "x", "y", "x", "x", "y"));
}

TEST(CsvComments, MayHoldTheNames) {
  const Table table = table_of("# made by x\n#a;b;y\n1;2;ja\n3;4;nein\n5;6;ja\n");
  EXPECT_THAT(names(table), ElementsAre("#a", "b", "y"));
  EXPECT_EQ(table.rows(), 3);
  EXPECT_THAT(names(table_of("#,Name,Type\n1,Bulb,grass\n2,Ivy,grass\n3,Char,fire\n")),
              ElementsAre("#", "Name", "Type"));
}

TEST(CsvFirstLine, MayNameTheDelimiter) {
  for (const char* text :
       {"sep=;\r\na;b\r\n1,5;x\r\n2,5;y\r\n", "\xef\xbb\xbf\"SEP=|\"\na|b\n1|x\n2|y\n", "sep=\t\na\tb\n1\tx\n2\ty\n"})
    EXPECT_THAT(names(table_of(text)), ElementsAre("a", "b")) << text;
}

TEST(CsvFirstLine, IsNamedWhereItIsNotOfTheTable) {
  EXPECT_THAT(refusal("Monthly report 2024\n\na;b;y\n1;2;ja\n3;4;nein\n"),
              HasSubstr("t.csv:1:1: this line is not of the table"));
  EXPECT_THAT(refusal("a;b;y;comment\n1;2;3\n4;5;6\n7;8;9\n"),
              HasSubstr("t.csv:1:1: the first row has 4 names where most rows have 3"));
  EXPECT_THAT(refusal("a,b\n1.5,2,x\n2.5,3,y\n3.5,2,x\n"), HasSubstr("the first row has 2 names"));
}

TEST(CsvColumns, AtTheEndWithoutNameAndValuesAreNone) {
  for (const char* text :
       {"a,b,y,,,\n1,2,n,,,\n3,4,p,,,\n", "\"a\",\"b\",\"y\",\n1,2,n,\n3,4,p,\n", "a,b,y,,,\n1,2,n\n3,4,p,\n"}) {
    const Table table = table_of(text);
    EXPECT_THAT(names(table), ElementsAre("a", "b", "y")) << text;
    EXPECT_THAT(column(table, 2), ElementsAre("n", "p"));
  }
  EXPECT_EQ(table_of("1,2,\n3,4,\n5,6,\n").columns.size(), 2u);
  EXPECT_EQ(table_of("a,b,y\n1,2,\n3,4,\n").columns.size(), 3u);
}

TEST(CsvColumns, OfManyEqualNamesAreNamedInNoTime) {
  std::string equal = "a", distinct = "f0", numbers = "1";
  for (int i = 1; i < 100000; ++i) {
    equal += ",a";
    distinct += ",feature_number_" + std::to_string(i);
    numbers += ",1";
  }
  for (const std::string& header : {equal, distinct}) {
    const TemporaryFile file("t.csv", header + "\n" + numbers + "\n");
    CsvReader reader(file.path());
    EXPECT_EQ(reader.names().size(), 100000u);
    EXPECT_TRUE(reader.has_header());
  }
}

TEST(CsvPipe, IsReadOnceThoughATableTakesTwoPasses) {
  const TemporaryFile beside("x", "");
  const std::filesystem::path pipe = beside.folder() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << "code,y\n007,1\n008,2\nA/5,3\n"; });
  const Table table = read_table(pipe);
  writer.join();
  EXPECT_THAT(column(table, 0), ElementsAre("007", "008", "A/5"));
}

}  // namespace
}  // namespace relume::data
