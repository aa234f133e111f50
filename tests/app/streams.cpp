// What is not the result may be lost; the result may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace relume::app
