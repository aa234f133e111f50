// Predictions: their form, and data that is not quite what the model was trained on.
#include <charconv>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

/// The address sanitizer keeps what was freed for a while, so that the peak says nothing.
#ifdef __SANITIZE_ADDRESS__
constexpr bool freed_memory_is_kept = true;
#else
constexpr bool freed_memory_is_kept = false;
#endif

using testing::HasSubstr;
using testing::StartsWith;

double number(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(error == std::errc() && stop == text.data() + text.size()) << text;
  return value;
}

std::vector<std::string> split(const std::string& line, char delimiter = ',') {
  std::vector<std::string> fields(1);
  for (const char c : line)
    if (c == delimiter)
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

class Predict : public testing::Test {
 protected:
  void train(const std::string& table, const std::vector<std::string>& more = {"--epochs", "15"}) {
    place.write("train.csv", table);
    std::vector<std::string> arguments{"train", "train.csv", "--quiet", "--out", "run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = relume(place, arguments);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  std::string predict(const std::string& table, const std::string& notes = "") {
    place.write("new.csv", table);
    const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, notes);
    return outcome.out;
  }
  std::string refusal(const std::string& table) {
    place.write("new.csv", table);
    const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(lines_of(outcome.err).size(), 1u);
    return outcome.err;
  }
  Workplace place;
};

TEST_F(Predict, GivesALabelAndProbabilitiesThatSumToOne) {
  train(labelled_table());
  const auto lines = lines_of(predict("x1,x2,colour\n3,3,red\n-3,-3,blue\n0.01,0,green\n"));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "prediction,p(no),p(yes)");
  EXPECT_THAT(lines[1], StartsWith("yes,"));
  EXPECT_THAT(lines[2], StartsWith("no,"));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(lines[i]);
    ASSERT_EQ(fields.size(), 3u);
    EXPECT_NEAR(number(fields[1]) + number(fields[2]), 1, 1e-5);
    EXPECT_EQ(fields[0], number(fields[1]) > number(fields[2]) ? "no" : "yes");
  }
}

TEST_F(Predict, FindsColumnsByNameInAnyOrder) {
  train(labelled_table());
  const std::string usual = predict("x1,x2,colour\n0.5,-0.4,red\n-0.2,0.3,blue\n");
  EXPECT_EQ(predict("colour,extra,x2,x1\nred,7,-0.4,0.5\nblue,8,0.3,-0.2\n"), usual);
  EXPECT_EQ(predict("colour;x2;x1\nred;-0.4;0.5\nblue;0.3;-0.2\n"), usual);
  EXPECT_EQ(predict("x1,x2,colour,label\r\n0.5,-0.4,red,no\r\n-0.2,0.3,blue,maybe\r\n"), usual)
      << "the target's column is not looked at";
}

TEST_F(Predict, TakesUnseenCategoriesAndMissingValues) {
  train(labelled_table());
  const auto lines = lines_of(
      predict("x1,x2,colour\n3,3,violet\n3,3,\n?,NA,red\n",
              "new.csv:2: 'violet' in column 'colour' is no category of the model, as 1 of its fields is not\n"));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], lines[2]) << "a category that was never seen and a missing one are the same bucket";
}

TEST_F(Predict, NamesAColumnThatIsMissing) {
  train(labelled_table());
  EXPECT_THAT(refusal("x1,colour\n3,red\n"), testing::AllOf(HasSubstr("new.csv"), HasSubstr("'x2'")));
}

TEST_F(Predict, NamesThePlaceOfATextWhereANumberIsDue) {
  train(labelled_table());
  EXPECT_THAT(refusal("x1,x2,colour\n3,3,red\n3,many,red\n"),
              testing::AllOf(HasSubstr("new.csv:3:2"), HasSubstr("'many'"), HasSubstr("'x2'")));
}

TEST_F(Predict, PutsLabelsWithCommasAndQuotesInQuotes) {
  std::string table = "x,label\n";
  for (int i = 0; i < 60; ++i) table += fmt::format("{},{}\n", i % 2, i % 2 ? "\"yes, sir\"" : "\"the \"\"no\"\"\"");
  train(table);
  const auto lines = lines_of(predict("x\n1\n0\n"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "prediction,\"p(the \"\"no\"\")\",\"p(yes, sir)\"");
  EXPECT_THAT(lines[1], StartsWith("\"yes, sir\","));
  EXPECT_THAT(lines[2], StartsWith("\"the \"\"no\"\"\","));
}

TEST_F(Predict, GivesNumbersInTheTargetsUnits) {
  train(measured_table(), {"--epochs", "60"});
  const auto lines = lines_of(predict("x1,x2\n0,0\n1,-1\n-1,1\n"));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "prediction");
  EXPECT_NEAR(number(lines[1]), 1000, 12);
  EXPECT_NEAR(number(lines[2]), 1070, 12);
  EXPECT_NEAR(number(lines[3]), 930, 12);
}

TEST_F(Predict, WritesTheSameToAFileAsToStdout) {
  train(labelled_table());
  const Outcome shown = relume(place, {"predict", "run/model.safetensors", "train.csv"});
  const Outcome written = relume(place, {"predict", "run/model.safetensors", "train.csv", "-o", "p.csv"});
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out, "");
  EXPECT_EQ(place.read("p.csv"), shown.out);
  EXPECT_EQ(lines_of(shown.out).size(), 301u);
}

TEST_F(Predict, AnErrorHalfwayLeavesTheOldFile) {
  train(labelled_table());
  place.write("bad.csv", labelled_table(9000) + "1,two,red,yes\n");
  place.write("p.csv", "old\n");
  const auto before = place.files();
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "bad.csv", "-o", "p.csv"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bad.csv:9002:2"));
  EXPECT_EQ(place.read("p.csv"), "old\n");
  EXPECT_EQ(place.files(), before);
}

TEST_F(Predict, StreamsAFileThatIsMuchLargerThanItsMemory) {
  train(labelled_table());
  const std::string small = labelled_table(500);
  const std::string header = small.substr(0, small.find('\n') + 1), rows = small.substr(header.size());
  const std::string few = predict(small);
  std::string large = header;
  for (int i = 0; i < 600; ++i) large += rows;
  place.write("large.csv", large);
  const Outcome at_once = relume(place, {"predict", "run/model.safetensors", "new.csv"});
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "large.csv", "-o", "p.csv"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  // The parent's own memory counts until exec, so that the small run is the yardstick.
  if (!freed_memory_is_kept) {
    EXPECT_LT(outcome.peak_kib, at_once.peak_kib + 40 * 1024);
  }
  const std::string lines = place.read("p.csv"), body = few.substr(few.find('\n') + 1);
  ASSERT_EQ(lines.size(), few.size() + 599 * body.size());
  EXPECT_TRUE(lines.starts_with(few));
  for (std::size_t i = 0; i < 600; ++i)
    ASSERT_EQ(lines.compare(few.size() - body.size() + i * body.size(), body.size(), body), 0) << i;
}

TEST_F(Predict, ReadsBuiltinDataForAModelOfIt) {
  ASSERT_EQ(relume(place, {"train", "builtin:moons", "--epochs", "3", "--quiet", "--out", "run"}).status, 0);
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "builtin:moons"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 2001u);
}

}  // namespace
}  // namespace relume::app
