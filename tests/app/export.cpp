// A model as C: what the command line says of it, and what it refuses.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/infer/predictor.h"
#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

class Export : public testing::Test {
 protected:
  void train(const std::string& layers) {
    place.write("t.csv", measured_table());
    ASSERT_EQ(relume(place, {"train", "t.csv", "--epochs", "1", "--quiet", "--out", "run", "--layers", layers}).status,
              0);
  }
  Outcome header(const std::string& file, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"export", "run/model.safetensors", "--to", "header", "-o", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return relume(place, arguments);
  }
  Workplace place;
};

TEST_F(Export, WritesAProgramThatPredictsInTheTargetsUnits) {
  train("linear(8) relu");
  const Outcome outcome = header("price.h");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("price.h: 2 numbers in, 1 out; flash 132 bytes of constants"));
  EXPECT_THAT(place.read("price.h"), HasSubstr("in[1]  x2"));
  place.write("program.c", R"(#include <stdio.h>
#include "price.h"
int main(void) {
  const float in[PRICE_INPUTS] = {0.5f, -1.0f};
  float out[PRICE_OUTPUTS];
  price_predict(in, out);
  printf("%.9g", out[0]);
  return 0;
}
)");
  const std::string there = place.path().string();
  ASSERT_EQ(std::system(("cd " + there + " && gcc -std=c99 -Wall -Wextra -Werror -pedantic program.c -lm -o program " +
                         "&& ./program >said")
                            .c_str()),
            0);
  const Predictor predictor = Predictor::load(place / "run/model.safetensors");
  float expected = 0;
  predictor.predict(std::vector<float>{0.5f, -1.0f}, {&expected, 1});
  EXPECT_NEAR(std::stod(place.read("said")), expected, 1e-6 * std::abs(expected));
}

TEST_F(Export, HoldsWeightsInEightBitsWhereAsked) {
  train("linear(8) relu");
  EXPECT_THAT(header("price.h", {"--int8"}).out, HasSubstr("flash 96 bytes"));  // 24 weights, 9 scales and 9 biases
  EXPECT_THAT(place.read("price.h"), HasSubstr("static const signed char price_weights[24]"));
}

TEST_F(Export, RefusesInOneLineAndWritesNothing) {
  train("linear(8) relu");
  const auto expect_refused = [&](const Outcome& outcome, const std::string& why) {
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_FALSE(place.has("net.h"));
  };
  expect_refused(header("net.h", {"--name", "my net"}), "names no header");
  expect_refused(relume(place, {"export", "t.csv", "--to", "header", "-o", "net.h"}), "t.csv");
  expect_refused(relume(place, {"export", "run/model.safetensors", "--to", "pdf", "-o", "net.h"}), "pdf");
}

}  // namespace
}  // namespace relume::app
