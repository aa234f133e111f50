// What is not the result may be lost; the result may not.
#include <cstdlib>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The ways to have a stderr that takes nothing.
std::vector<Setting> deaf_settings() {
  Setting full, closed, broken;
  full.stderr_to = "/dev/full";
  closed.closed = {STDERR_FILENO};
  broken.stderr_broken = true;
  return {full, closed, broken};
}

TEST(Streams, ARunDoesNotNeedStderr) {
  const Workplace place;
  place.write("good.csv", labelled_table());
  const Outcome heard = relume(place, {"train", "good.csv", "--epochs", "3", "--out", "run"});
  const std::string model = place.read("run/model.safetensors");
  ASSERT_EQ(heard.status, 0) << heard.err;
  int number = 0;
  for (const Setting& setting : deaf_settings()) {
    const std::string folder = "run" + std::to_string(number++);
    const Outcome outcome = relume(place, {"train", "good.csv", "--epochs", "3", "--out", folder}, setting);
    EXPECT_EQ(outcome.status, 0) << number;
    EXPECT_EQ(outcome.err, "");
    EXPECT_THAT(outcome.out, HasSubstr("valid  accuracy"));
    EXPECT_EQ(place.read(folder + "/model.safetensors"), model) << "progress must not land in a file";
  }
}

TEST(Streams, ARunDoesNotNeedTensorBoardsFile) {
  const Workplace place;
  place.write("good.csv", labelled_table());
  const auto words = [](const char* out) {
    return std::vector<std::string>{"train", "good.csv", "--hidden", "24,24", "--epochs", "60", "--out", out};
  };
  ASSERT_EQ(relume(place, words("whole")).status, 0);
  std::uintmax_t events = 0, others = 0;
  for (const std::string& file : place.files())
    if (std::filesystem::is_regular_file(place / file)) {
      std::uintmax_t& largest = file.find("tfevents") == std::string::npos ? others : events;
      largest = std::max(largest, std::filesystem::file_size(place / file));
    }
  if (events == 0) GTEST_SKIP() << "a build without protobuf";
  ASSERT_GT(events, others + 1000);
  Setting full;
  full.largest_file = static_cast<long>(others + events) / 2;
  const Outcome outcome = relume(place, words("run"), full);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the run goes on without TensorBoard's file"));
  EXPECT_EQ(place.read("run/model.safetensors"), place.read("whole/model.safetensors"));
}

TEST(Streams, BadInputIsStatusTwoWithoutStderrToo) {
  const Workplace place;
  for (const Setting& setting : deaf_settings()) {
    EXPECT_EQ(relume(place, {"train", "nowhere.csv"}, setting).status, 2);
    EXPECT_EQ(relume(place, {"train", "--nonsense"}, setting).status, 2);
  }
}

TEST(Streams, TheResultMustArrive) {
  const Workplace place;
  Setting full, closed;
  full.stdout_to = "/dev/full";
  closed.closed = {STDOUT_FILENO};
  for (const Setting& setting : {full, closed})
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"apply", "relu", "1"}, {"rules"}, {"train", "--help"}, {"--version"}}) {
      const Outcome outcome = relume(place, arguments, setting);
      EXPECT_EQ(outcome.status, 2) << testing::PrintToString(arguments);
      EXPECT_THAT(outcome.err, HasSubstr("stdout cannot be written to"));
    }
}

/// What a terminal would take as a command, in all its spellings: the window's title, C1's CSI, a byte that is no
/// UTF-8, a turn of direction, a line's end, DEL.
const std::string hostile =
    "a\x1b]0;t\x07"
    "b\xc2\x9b"
    "2Jc\x9b"
    "d\xe2\x80\xae"
    "e\x7f";
const std::string spelled = "a\\u001b]0;t\\u0007b\\u009b2Jc\\x9bd\\u202ee\\u007f";

void expect_harmless(const std::string& text) {
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
  for (const char* sequence : {"\xc2\x9b", "\xe2\x80\xae", "\x7f", "c\x9b"})
    EXPECT_THAT(text, Not(HasSubstr(sequence)));
}

TEST(Streams, WordsOfTheCommandLineAreShownHarmless) {
  const Workplace place;
  place.write("good.csv", labelled_table());
  const Outcome outcome = relume(place, {"train", "good.csv", "--target", hostile});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr(spelled));
  expect_harmless(outcome.err);
  EXPECT_THAT(relume(place, {"train", "good.csv", "--target", "größe €𝄞"}).err, HasSubstr("größe €𝄞"));
  EXPECT_THAT(relume(place, {"train", "good.csv", "--target", "\xe0\x80\x80\xed\xa0\x80\xf5\xc3"}).err,
              HasSubstr("\\xe0\\x80\\x80\\xed\\xa0\\x80\\xf5\\xc3"));
}

/// labelled_table() with names, classes and categories that try to command a terminal.
std::string hostile_table() {
  std::string text = labelled_table();
  const auto replace = [&](const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
      text.replace(at, what.size(), with);
  };
  replace("yes", "\x1b[31my\xc2\x9b");
  replace("x2", "\x1b]0;x2\x07");
  replace("label", "\"la\x1b[2Jbel\"");
  replace("green", "g\xe2\x80\xaen\x7f");
  return text;
}

TEST(Streams, NamesClassesAndCellsAreShownHarmless) {
  const Workplace place;
  place.write("hostile.csv", hostile_table());
  const std::vector<std::vector<std::string>> commands = {
      {"train", "hostile.csv", "--epochs", "3", "--out", "run"},
      {"train", "hostile.csv", "--epochs", "1", "--out", "run2", "--json"},
      {"train", "hostile.csv", "--target", "2", "--task", "regression", "--drop", "\x1b]0;x2\x07", "--epochs", "1"},
      {"inspect", "run/model.safetensors"},
      {"inspect", "run/model.safetensors", "hostile.csv", "--json"},
      {"doctor", "run/model.safetensors", "hostile.csv"},
      {"eval", "run/model.safetensors", "hostile.csv", "--json"},
      {"compare", "hostile.csv", "--activations", "relu,elu", "--seeds", "2", "--epochs", "1"},
      {"eval", "run/model.safetensors", "nowhere\x1b[2J.csv"}};
  for (const auto& arguments : commands) {
    const Outcome outcome = relume(place, arguments);
    SCOPED_TRACE(testing::PrintToString(arguments));
    EXPECT_FALSE(outcome.out.empty() && outcome.err.empty());
    expect_harmless(outcome.out);
    expect_harmless(outcome.err);
  }
}

TEST(Streams, PredictionsAreAsTheyAreInAFileAndHarmlessOnATerminal) {
  const Workplace place;
  place.write("hostile.csv", hostile_table());
  ASSERT_EQ(relume(place, {"train", "hostile.csv", "--epochs", "3", "--out", "run"}).status, 0);
  const std::vector<std::string> predict{"predict", "run/model.safetensors", "hostile.csv"};
  EXPECT_THAT(relume(place, predict).out, HasSubstr("\x1b[31my"));
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_TRUE(terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0);
  Setting setting;
  setting.stdout_to = ::ptsname(terminal);
  const int keeps_it_open = ::open(setting.stdout_to.c_str(), O_RDWR | O_NOCTTY);
  const std::string table = place.read("hostile.csv");
  std::size_t end = 0;
  for (int line = 0; line < 12; ++line) end = table.find('\n', end) + 1;
  place.write("short.csv", table.substr(0, end));
  EXPECT_EQ(relume(place, {"predict", "run/model.safetensors", "short.csv"}, setting).status, 0);
  char shown[4096];
  const ssize_t bytes = ::read(terminal, shown, sizeof shown);
  ::close(keeps_it_open);
  ::close(terminal);
  ASSERT_GT(bytes, 0);
  const std::string text(shown, static_cast<std::size_t>(bytes));
  EXPECT_THAT(text, HasSubstr("\\u001b[31my\\u009b"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace relume::app
