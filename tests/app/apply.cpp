// relume apply, activations, help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

struct Application {
  std::vector<std::string> arguments;
  std::string output;
};

TEST(Apply, PrintsTheActivationOfEachNumber) {
  const Workplace place;
  const std::vector<Application> cases = {
      {{"relu", "-2", "-1", "0", "1", "2"}, "0 0 0 1 2\n"},  {{"relu", "-2.5", "1e3", "0.1"}, "0 1000 0.1\n"},
      {{"relu", "9007199254740993"}, "9007199254740993\n"},  {{"relu6", "-1", "3", "9"}, "0 3 6\n"},
      {{"leaky_relu(0.2)", "-1", "1"}, "-0.2 1\n"},          {{"elu", "-1", "1"}, "-0.6321205588285577 1\n"},
      {{"relu", "nan", "-inf", "inf"}, "nan 0 inf\n"},       {{"leaky_relu(0.5)", "-.5", "-1e-3"}, "-0.25 -0.0005\n"},
      {{"relu", "--derivative", "-1", "0", "3"}, "0 0 1\n"}, {{"leaky_relu", "-3", "2", "--derivative"}, "0.01 1\n"},
  };
  for (const Application& one : cases) {
    std::vector<std::string> arguments{"apply"};
    arguments.insert(arguments.end(), one.arguments.begin(), one.arguments.end());
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.out, one.output) << testing::PrintToString(one.arguments) << outcome.err;
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Apply, ReadsNumbersFromStdinLineByLine) {
  const Workplace place;
  const Outcome outcome = relume(place, {"apply", "relu"}, {.input = "-1 2\n\n3.5 -0.0\n"});
  EXPECT_EQ(outcome.out, "0 2\n3.5 0\n");
  EXPECT_EQ(outcome.status, 0);
  const Outcome bad = relume(place, {"apply", "relu"}, {.input = "1 x\n"});
  EXPECT_EQ(bad.status, 2);
  EXPECT_EQ(bad.err, "relume: apply: \"x\" is not a number\n");
}

TEST(Apply, TakesNumbersTogetherWhereTheActivationDoes) {
  const Workplace place;
  EXPECT_EQ(relume(place, {"apply", "softmax", "0", "0"}).out, "0.5 0.5\n");
  EXPECT_EQ(relume(place, {"apply", "reglu", "3", "5", "2", "-1"}).out, "6 0\n");
  EXPECT_EQ(relume(place, {"apply", "crelu", "3", "-5"}).out, "3 0 0 5\n");
  EXPECT_EQ(relume(place, {"apply", "prelu", "-4", "4"}).out, "-1 4\n");
  const Outcome odd = relume(place, {"apply", "glu", "1", "2", "3"});
  EXPECT_EQ(odd.status, 2);
  EXPECT_EQ(odd.err, "relume: glu: 3 features cannot be halved; one half is the gate of the other\n");
  EXPECT_EQ(relume(place, {"apply", "softmax", "1", "--derivative"}).status, 2);
}

TEST(Help, ListsTheSubcommandsOnStdout) {
  const Workplace place;
  const Outcome outcome = relume(place, {"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  for (const char* name : {"train", "eval", "predict", "inspect", "apply"}) EXPECT_THAT(outcome.out, HasSubstr(name));
}

}  // namespace
}  // namespace relume::app
