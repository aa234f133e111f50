#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/data/csv.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string refusal(std::string_view bytes) {
  const TemporaryFile file("t.csv", bytes);
  return message_of<InputError>([&] { read_table(file.path()); });
}

/// The local header of a zip archive's first member, and some of it.
std::string zip_of(const std::string& name) {
  std::string bytes = "PK\x03\x04"s + std::string(22, '\x01');
  bytes += static_cast<char>(name.size());
  return bytes + std::string(3, '\0') + name + "xyz";
}

TEST(FileFormat, IsNamedByItsFirstBytes) {
  struct Case {
    std::string bytes;
    const char* name;
  };
  for (const Case& c : {Case{zip_of("train.csv"), "zip archive (of train.csv); unpack it"},
                        {zip_of("xl/workbook.xml"), "Office file (.xlsx"},
                        {zip_of("[Content_Types].xml"), "Office file"},
                        {zip_of("net/data.pkl"), "PyTorch"},
                        {"BZh91AY&SY\x01\x02"s, "bzip2"},
                        {"\xfd"
                         "7zXZ\0\0\4"s,
                         "xz"},
                        {"\x28\xb5\x2f\xfd\x04"s, "zstd"},
                        {"%PDF-1.7\n%\xe2\xe3"s, "PDF"},
                        {"PAR1\x15\x04\0"s, "Parquet"},
                        {"SQLite format 3\0\x10"s, "SQLite"},
                        {"\x80\x04\x95\x10\0\0\0"s, "pickle"},
                        {"\x89HDF\r\n\x1a\n\0"s, "HDF5"},
                        {"\x89PNG\r\n\x1a\n\0"s, "PNG"},
                        {"\xff\xd8\xff\xe0\0"s, "JPEG"},
                        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"s, ".xls"},
                        {"ARROW1\0\0"s, "Arrow"},
                        {"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n", "Git LFS pointer"}})
    EXPECT_THAT(refusal(c.bytes), HasSubstr(c.name));
  EXPECT_THAT(refusal(gzip(zip_of("a.csv"))), HasSubstr("zip archive"));
}

TEST(FileFormat, OfTextIsNamedByItsFirstLines) {
  struct Case {
    const char* text;
    const char* name;
  };
  for (const Case& c :
       {Case{"<!DOCTYPE html>\n<html><body>a,b</body></html>\n", "HTML"},
        {"\n  <HTML>\n", "HTML"},
        {"<?xml version=\"1.0\"?>\n<a/>\n", "XML"},
        {"{\"a\": 0, \"y\": 1}\n{\"a\": 1, \"y\": 0}\n", "JSON"},
        {"[\n {\"a\": 1}\n]\n", "JSON"},
        {"[[1, 2], [3, 4]]\n", "JSON"},
        {"[1, 2, 3]\n[4, 5, 6]\n", "JSON"},
        {"{\n  \"a\": [1, 2]\n}\n", "JSON"},
        {"% title\n@RELATION iris\n@attribute a real\n@data\n1,2\n", "ARFF"},
        {"3 qid:1 1:0.5 2:1\n2 qid:1 1:0.1\n", "LIBSVM"},  // where rows are read one by one
        {"| a | b |\n|---|:-:|\n| 1 | 2 |\n", ":2: '|---|:-:|' is the rule"},
        {"+----+----+\n| a  | b  |\n+----+----+\n| 1  | 2  |\n+----+----+\n", ":1: '+----+----+' is the rule"},
        {"INSERT INTO t VALUES (1, 2);\n", "SQL"}})
    EXPECT_THAT(refusal(c.text), HasSubstr(c.name)) << c.text;
}

TEST(FileFormat, IsATableWhereTheNamesAreOddOnly) {
  for (const char* text : {"PAR1,PAR2\n1,2\n3,4\n", "ORCID,y\n1,2\n3,4\n", "[id],[name]\n1,2\n3,4\n",
                           "BZhang,y\n1,2\n3,4\n", "{a},{b}\n1,2\n3,4\n", "time|a\n12:30|1\n13:00|2\n",
                           "a,b\n---,1\n2,3\n", "12:30 5\n13:30 6\n", "GIF8,y\n1,2\n3,4\n"}) {
    const TemporaryFile file("t.csv", text);
    EXPECT_EQ(read_table(file.path()).columns.size(), 2u) << text;
  }
}

}  // namespace
}  // namespace relume::data
