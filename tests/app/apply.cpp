// relume apply, activations, help.
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/train/options.h"
#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Application {
  std::vector<std::string> arguments;
  std::string output;
};

TEST(Apply, PrintsTheActivationOfEachNumber) {
  const Workplace place;
  const std::vector<Application> cases = {
      {{"relu", "-2", "-1", "0", "1", "2"}, "0 0 0 1 2\n"},
      {{"relu", "-2.5", "1e3", "0.1"}, "0 1000 0.1\n"},
      {{"relu", "9007199254740993"}, "9007199254740993\n"},
      {{"relu6", "-1", "3", "9"}, "0 3 6\n"},
      {{"leaky_relu(0.2)", "-1", "1"}, "-0.2 1\n"},
      {{"elu", "-1", "1"}, "-0.6321205588285577 1\n"},
      {{"relu", "nan", "-inf", "inf"}, "nan 0 inf\n"},
      {{"leaky_relu(0.5)", "-.5", "-1e-3"}, "-0.25 -0.0005\n"},
      {{"relu", "--derivative", "-1", "0", "3"}, "0 0 1\n"},
      {{"leaky_relu", "-3", "2", "--derivative"}, "0.01 1\n"},
      {{"relu", "--", "-2", "3"}, "0 3\n"},
      {{"--", "relu", "-2", "3"}, "0 3\n"},
      {{"relu", "-2", "--", "-inf", "3"}, "0 0 3\n"},
      {{"relu", "--derivative", "--", "-1", "2"}, "0 1\n"},
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

TEST(Apply, TakesNoOptionBehindTheEndOfOptions) {
  const Workplace place;
  const Outcome outcome = relume(place, {"apply", "relu", "--", "1", "--derivative"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "relume: apply: \"--derivative\" is not a number\n");
  EXPECT_EQ(relume(place, {"apply", "relu", "--"}, {.input = "-1 2\n"}).out, "0 2\n");
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

TEST(Help, SaysWhatATrainingTakesWhereNothingIsGiven) {
  const Workplace place;
  const std::string help = relume(place, {"train", "--help"}).out;
  const auto usual = [](const char* optimizer, std::int64_t rows) {
    return training::resolve({.optimizer = optimizer}, rows);
  };
  EXPECT_THAT(help, HasSubstr(fmt::format("({}; sgd {}, adagrad {}", usual("adamw", 1).lr, usual("sgd", 1).lr,
                                          usual("adagrad", 1).lr)));
  EXPECT_THAT(help,
              HasSubstr(fmt::format("({}; adamw {}", usual("adam", 1).weight_decay, usual("adamw", 1).weight_decay)));
  EXPECT_THAT(help, HasSubstr(fmt::format("({}; {} from 2,000 training rows on, {} from 20,000)",
                                          usual("adam", 1999).batch_size, usual("adam", 2000).batch_size,
                                          usual("adam", 20000).batch_size)));
  EXPECT_THAT(
      help, HasSubstr(fmt::format("from {} to {} passes", usual("adam", 1 << 30).epochs, usual("adam", 1000).epochs)));
  EXPECT_THAT(help, HasSubstr(fmt::format("tiny data: {} steps", usual("adam", 1).epochs)));
}

TEST(Help, NamesNoLimitsThatNobodyMeets) {
  const Workplace place;
  for (const char* command : {"train", "compare", "lr-find", "lab vanishing"}) {
    std::istringstream words(command);
    std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    arguments.emplace_back("--help");
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, Not(HasSubstr("INT in ["))) << command;
  }
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
