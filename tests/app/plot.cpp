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

TEST_F(Plot, DrawsFunctionsIntoAPageThatAnswersThePointer) {
  EXPECT_EQ(relume(place, {"plot", "relu", "elu", "--derivative", "-o", "variants.html"}).status, 0);
  EXPECT_THAT(place.read("variants.html"), AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("elu")));
}

TEST_F(Plot, DrawsInTheTerminalToo) {
  const Outcome outcome = relume(place, {"plot", "relu", "-o", "relu.svg", "--terminal"});
  EXPECT_THAT(outcome.out, HasSubstr("relu: max(x, 0)"));
  EXPECT_TRUE(place.has("relu.svg"));
  EXPECT_EQ(relume(place, {"plot", "relu", "-o", "relu.svg"}).out, "");
}

class PlotRuns : public Plot {
 protected:
  void SetUp() override {
    for (const char* run : {"a", "b"})
      ASSERT_EQ(relume(place, {"train", "builtin:moons", "--epochs", "5", "--quiet", "--out", run}).status, 0);
  }
};

TEST_F(PlotRuns, ShowsAllThatWasMeasuredInPanels) {
  const Outcome outcome = relume(place, {"plot", "a/", "b", "-o", "runs.svg"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string svg = place.read("runs.svg");
  for (const char* text : {">loss<", ">accuracy<", ">learning rate<", ">gradient norm<", ">share of dead units<", ">a<",
                           ">b<", ">a, training rows<"})
    EXPECT_THAT(svg, HasSubstr(text));
  const Outcome terminal = relume(place, {"plot", "a"});
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("learning rate"), HasSubstr("validation rows")));
  for (const std::string& line : lines_of(terminal.out)) EXPECT_LE(line.size(), 79u) << line;
}

TEST_F(PlotRuns, ShowsTheColumnsThatAreAskedFor) {
  const Outcome outcome = relume(place, {"plot", "a", "b", "--columns", "valid_loss,lr,seconds", "-o", "runs.svg"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string svg = place.read("runs.svg");
  for (const char* text : {">loss<", ">learning rate<", ">seconds<", ">b<"}) EXPECT_THAT(svg, HasSubstr(text));
  EXPECT_THAT(svg, testing::Not(HasSubstr("training rows")));
  EXPECT_THAT(svg, testing::Not(HasSubstr("gradient norm")));
  expect_refusal({"plot", "a", "--columns", "valid_los", "-o", "x.svg"}, HasSubstr("did you mean \"valid_loss\""));
  expect_refusal({"plot", "a", "relu", "-o", "x.svg"}, HasSubstr("relu is not the folder of a run"));
}

TEST_F(Plot, RefusesWhatItCannotDraw) {
  expect_refusal({"plot", "rleu", "-o", "x.svg"}, HasSubstr("did you mean \"relu\""));
  expect_refusal({"plot", "softmax", "-o", "x.svg"}, HasSubstr("one number"));
  expect_refusal({"plot", "relu", "-o", "x.bmp"}, HasSubstr(".svg, .png, .pdf or .html"));
  expect_refusal({"plot", "relu", "--range", "1", "1"}, HasSubstr("rising"));
  expect_refusal({"plot", "relu", "-o", "none/x.svg"}, HasSubstr("none"));
  expect_refusal({"plot", "runs/none", "-o", "x.svg"}, HasSubstr("runs/none is neither"));
  place.write("other/notes.txt", "");
  expect_refusal({"plot", "other", "-o", "x.svg"}, HasSubstr("other has no metrics.csv"));
  place.write("empty/metrics.csv", "");
  expect_refusal({"plot", "empty", "-o", "x.svg"}, HasSubstr("empty/metrics.csv"));
}

}  // namespace
}  // namespace relume::app
