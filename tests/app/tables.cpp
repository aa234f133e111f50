// Tables as they come in the wild: each trains, and what is of no use is left out.
#include <cmath>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/rng.h"
#include "tests/app/run_app.h"
#include "tests/data/temporary_file.h"

namespace relume::app {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json train(const Workplace& place, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "train");
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const Outcome outcome = relume(place, arguments);
  EXPECT_EQ(outcome.status, 0) << testing::PrintToString(arguments) << outcome.err;
  return outcome.status == 0 ? Json::parse(last_line(outcome.out)) : Json::object();
}

/// Rows of two numbers; what they make is up to the table.
std::string rows(int count, const std::string& header, const std::function<std::string(int, double, double)>& row) {
  Rng rng(11);
  std::string text = header;
  for (int i = 0; i < count; ++i) {
    const double a = rng.normal(), b = rng.normal();
    text += row(i, a, b);
  }
  return text;
}

std::string with_comma(double x) {
  std::string text = fmt::format("{:.4f}", x);
  text[text.find('.')] = ',';
  return text;
}

struct Wild {
  const char* name;
  std::string text;
  std::size_t used;
  std::vector<std::string> left_out = {};
};

std::vector<Wild> wild_tables() {
  return {
      {"uci",
       rows(600, "",
            [](int i, double a, double b) {
              return fmt::format("{:.3f}, {}, {:.3f}, {}\n", a, i % 9 ? (i % 2 ? "Private" : "State-gov") : "?", b,
                                 a + b > 0 ? ">50K" : "<=50K");
            }),
       3},
      {"numbered_classes",
       rows(400, "a,b,class\n",
            [](int, double a, double b) {
              return fmt::format("{:.3f},{:.3f},{}\n", a, b, a + b > 0.6 ? 3 : a + b > -0.6 ? 2 : 1);
            }),
       2},
      {"decimal_commas",
       rows(300, "a;b;label\n",
            [](int, double a, double b) {
              return fmt::format("{};{};{}\n", with_comma(a), with_comma(b), a + b > 0 ? "ja" : "nein");
            }),
       2},
      {"tabs",
       rows(300, "a\tb\tlabel\n",
            [](int, double a, double b) { return fmt::format("{:.3f}\t{:.3f}\t{}\n", a, b, a + b > 0); }),
       2},
      {"no_header",
       rows(300, "",
            [](int, double a, double b) { return fmt::format("{:.3f},{:.3f},{}\n", a, b, a + b > 0 ? "up" : "down"); }),
       2},
      {"quoted_header",
       rows(300, "\"a, first\",\"b \"\"second\"\"\",\"label\"\n",
            [](int, double a, double b) {
              return fmt::format("\"{:.3f}\",\"{:.3f}\",\"{}\"\n", a, b, a + b > 0 ? "yes" : "no");
            }),
       2},
      {"dos",
       rows(
           300,
           "\xef\xbb\xbf"
           "a,b,label\r\n",
           [](int, double a, double b) { return fmt::format("{:.3f},{:.3f},{}\r\n", a, b, a + b > 0 ? "yes" : "no"); }),
       2},
      {"useless_columns",
       rows(400, "id,always,never,a,b,note,label\n",
            [](int i, double a, double b) {
              return fmt::format("{},7,,{:.3f},{:.3f},\"row {} is not like the others\",{}\n", 1000 + i, a, b, i,
                                 a + b > 0);
            }),
       2,
       {"id", "always", "never", "note"}},
      {"dates",
       rows(400, "day,a,b,label\n",
            [](int i, double a, double b) {
              return fmt::format("20{:02}-{:02}-{:02},{:.3f},{:.3f},{}\n", i % 30, i % 12 + 1, i % 28 + 1, a, b,
                                 a + b > 0);
            }),
       2,
       {"day"}},
      {"wide_ranges",
       rows(400, "tiny,huge,label\n",
            [](int, double a, double b) { return fmt::format("{:.4e},{:.4e},{}\n", 1e-9 * a, 1e9 * b, a + b > 0); }),
       2},
      {"missing_here_and_there",
       rows(500, "a,b,label\n",
            [](int i, double a, double b) {
              return fmt::format("{},{:.3f},{}\n", i % 17 ? fmt::format("{:.3f}", a) : "NA", b,
                                 a + b > 0 ? "yes" : "no");
            }),
       2},
  };
}

TEST(Tables, OfEveryKindAreLearnt) {
  for (const Wild& wild : wild_tables()) {
    SCOPED_TRACE(wild.name);
    const Workplace place;
    place.write("t.csv", wild.text);
    const Json j = train(place, {"t.csv", "--test", "0.25", "--epochs", "40"});
    if (!j.contains("task")) continue;
    EXPECT_EQ(j.at("task"), "classification");
    EXPECT_GT(j.at("test").at("accuracy"), 0.85);
    EXPECT_EQ(j.at("columns").at("used").size(), wild.used) << j.at("columns");
    std::vector<std::string> left_out;
    for (const auto& [name, reason] : j.at("columns").at("left_out").items()) left_out.push_back(name);
    EXPECT_THAT(left_out, testing::UnorderedElementsAreArray(wild.left_out));
  }
}

TEST(Tables, ARareClassIsFound) {
  const Workplace place;
  place.write("t.csv", rows(2000, "a,b,label\n", [](int, double a, double b) {
                return fmt::format("{:.3f},{:.3f},{}\n", a, b, a + b > 2.3 ? "fraud" : "fine");
              }));
  EXPECT_GT(train(place, {"t.csv", "--test", "0.25"}).at("test").at("f1_macro"), 0.9);
  EXPECT_GT(train(place, {"t.csv", "--test", "0.25", "--class-weights", "balanced"}).at("test").at("f1_macro"), 0.85);
}

TEST(Tables, RowsWithoutATargetAreDroppedAndCounted) {
  const Workplace place;
  place.write("t.csv", labelled_table() + "1,1,red,\n2,2,blue,?\n");
  const Outcome outcome = relume(place, {"train", "t.csv", "--epochs", "1"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("2 rows have no target and were dropped"));
}

TEST(Tables, GradesThatAreTakenForClassesAreSaidToBe) {
  const Workplace place;
  place.write("t.csv",
              rows(200, "a,grade\n", [](int i, double a, double) { return fmt::format("{},{}\n", a, i % 6); }));
  const auto notes = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"train", "t.csv", "--epochs", "1"});
    return relume(place, arguments).err;
  };
  EXPECT_THAT(notes({}), HasSubstr("the 6 numbers of 'grade' are taken for classes; the task regression"));
  EXPECT_THAT(notes({"--task", "classification"}), Not(HasSubstr("taken for classes")));
  place.write("t.csv",
              rows(200, "a,grade\n", [](int i, double a, double) { return fmt::format("{},{}\n", a, i % 3); }));
  EXPECT_THAT(notes({}), Not(HasSubstr("taken for classes")));
}

TEST(Tables, DecimalCommasAreReadAndAllOfItIsSaid) {
  const Workplace place;
  place.write("t.tsv", rows(300, "a\tb\ty\n", [&](int i, double a, double b) {
                return (i == 40 ? "n.d." : with_comma(a)) + "\t" + with_comma(b) + "\t" +
                       with_comma(3 * a - 2 * b + 1) + "\n";
              }));
  const Json j = train(place, {"t.tsv", "--out", "run"});
  EXPECT_GT(j.at("valid").at("r2"), 0.99);
  EXPECT_THAT(j.at("notes").dump(), HasSubstr("decimal commas"));
  EXPECT_THAT(j.at("notes").dump(), HasSubstr("column 'a': 'n.d.' in line 42 is no number"));
  // The same rows with points and in another order of columns: the same predictions.
  place.write("comma.tsv", "a\tb\n0,500\t1,250\nn.d.\t1,000\n");
  place.write("point.csv", "b,a\n1.25,0.5\n1,n.d.\n");
  const Outcome first = relume(place, {"predict", "run/model.safetensors", "comma.tsv"}),
                second = relume(place, {"predict", "run/model.safetensors", "point.csv"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_THAT(second.err, HasSubstr("numbers have decimal points, those of training had commas"));
}

TEST(Tables, WhatNoFieldTellsIsAskedFor) {
  const Workplace place;
  place.write("t.tsv", rows(100, "a\ty\n", [](int, double a, double) {
                const double positive = std::abs(a);
                return fmt::format("{},{:03}\t{}\n", 1 + static_cast<int>(9 * positive) % 9,
                                   static_cast<int>(1e5 * positive) % 1000, static_cast<int>(7 * a));
              }));
  const Outcome open = relume(place, {"train", "t.tsv"});
  EXPECT_EQ(open.status, 2);
  EXPECT_THAT(open.err, HasSubstr("--decimal point or --decimal comma"));
  place.write("decimal.tsv", "decimal\ty\n1,234\t1\n12,345\t2\n");
  EXPECT_THAT(
      relume(place, {"train", "decimal.tsv"}).err,
      HasSubstr("column 'decimal' may be 1234 or 1.234, and no other field tells; say which is meant: --decimal "
                "point or --decimal comma"));
  EXPECT_EQ(relume(place, {"train", "t.tsv", "--epochs", "1", "--decimal", "comma", "--na", "-", "--na", "x"}).status,
            0);
}

TEST(Tables, TheTargetIsANameOrANumberFromEitherEnd) {
  const Workplace place;
  place.write("t.csv", labelled_table());
  for (const char* target : {"colour", "3", "-2"}) {
    const Json j = train(place, {"t.csv", "--target", target, "--epochs", "1"});
    EXPECT_EQ(j.at("columns").at("used"), (std::vector<std::string>{"x1", "x2", "label"})) << target;
  }
}

struct Known {
  const char* file;
  const char* target;
  const char* metric;
  double least;
  std::vector<std::string> left_out;
};

TEST(Tables, TheSharedOnesReachWhatIsKnownOfThem) {
  const auto folder = data::shared_data() / "tabular";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "skipped: no shared data";
  const Workplace place;
  const std::vector<Known> tables = {
      {"titanic.csv", "Survived", "accuracy", 0.76, {"PassengerId", "Name", "Ticket", "Cabin"}},
      {"banknote.csv", "last", "accuracy", 0.98, {}},
      {"winequality_white.csv", "last", "accuracy", 0.5, {}},
      {"california_housing.csv", "median_house_value", "r2", 0.72, {}}};
  for (const Known& known : tables) {
    const Json j =
        train(place, {(folder / known.file).string(), "--target", known.target, "--test", "0.2", "--epochs", "12"});
    EXPECT_GT(j.at("test").at(known.metric), known.least) << known.file;
    std::vector<std::string> left_out;
    for (const auto& [name, reason] : j.at("columns").at("left_out").items()) left_out.push_back(name);
    EXPECT_THAT(left_out, testing::UnorderedElementsAreArray(known.left_out)) << known.file;
  }
}

}  // namespace
}  // namespace relume::app
