#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Plot : public testing::Test {
 protected:
  Workplace place;

  void expect_refusal(const std::vector<std::string>& arguments, const testing::Matcher<std::string>& what) const {
    const auto before = place.files();
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, what);
    EXPECT_EQ(place.files(), before);
  }
};

TEST_F(Plot, DrawsFunctionsInTheTerminal) {
  const Outcome outcome = relume(place, {"plot", "relu"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("relu: max(x, 0)"), HasSubstr("*")));
}

TEST_F(Plot, DrawsFunctionsIntoAFile) {
  const Outcome outcome =
      relume(place, {"plot", "relu", "leaky_relu(0.2)", "prelu", "elu", "sigmoid", "tanh", "-o", "variants.svg"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string svg = place.read("variants.svg");
  for (const char* name : {"relu", "leaky_relu(0.2)", "prelu", "elu", "sigmoid", "tanh"})
    EXPECT_THAT(svg, HasSubstr(name));
}

TEST_F(Plot, DrawsWhatRunsHaveMeasured) {
  ASSERT_EQ(relume(place, {"train", "builtin:moons", "--epochs", "5", "--quiet", "--out", "a"}).status, 0);
  ASSERT_EQ(relume(place, {"train", "builtin:moons", "--epochs", "5", "--quiet", "--out", "b", "--seed", "2"}).status,
            0);
  const Outcome outcome = relume(place, {"plot", "a/", "b", "--columns", "valid_loss,lr", "-o", "runs.svg"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(place.read("runs.svg"), AllOf(HasSubstr("a valid_loss"), HasSubstr("b lr")));
  expect_refusal({"plot", "a", "--columns", "valid_los", "-o", "x.svg"}, HasSubstr("did you mean \"valid_loss\""));
}

TEST_F(Plot, RefusesWhatItCannotDraw) {
  expect_refusal({"plot", "rleu", "-o", "x.svg"}, HasSubstr("did you mean \"relu\""));
  expect_refusal({"plot", "softmax", "-o", "x.svg"}, HasSubstr("one number"));
  expect_refusal({"plot", "relu", "-o", "x.bmp"}, HasSubstr(".svg, .png or .pdf"));
  expect_refusal({"plot", "relu", "--range", "1", "1"}, HasSubstr("rising"));
  expect_refusal({"plot", "relu", "-o", "none/x.svg"}, HasSubstr("none"));
  place.write("empty/metrics.csv", "");
  expect_refusal({"plot", "empty", "-o", "x.svg"}, HasSubstr("empty/metrics.csv"));
}

}  // namespace
}  // namespace relume::app
