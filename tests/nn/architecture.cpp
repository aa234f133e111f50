#include "relume/nn/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/linear.h"
#include "relume/ops/comparison.h"
#include "tests/reference/message_of.h"

namespace relume::nn {
namespace {

using ::testing::HasSubstr;

TEST(Architecture, PrintsWhatItReads) {
  for (const char* text :
       {"", "linear(64) relu", "flatten linear(128) leaky_relu(0.2) dropout(0.5) linear(32) prelu(0.1) elu"})
    EXPECT_EQ(to_string(parse_architecture(text)), text);
  EXPECT_EQ(to_string(parse_architecture("  linear( 64 )\trelu\n dropout(0.1)")), "linear(64) relu dropout(0.1)");
  EXPECT_EQ(to_string(mlp({64, 32}, "relu")), "linear(64) relu linear(32) relu");
}

TEST(Architecture, BuildsTheLayersAndTheOneForTheOutputs) {
  Rng rng(1);
  const auto net = build(parse_architecture("linear(6) leaky_relu(0.2) dropout(0.1) linear(5) prelu"), 4, 3, rng);
  EXPECT_EQ(net->size(), 6u);
  EXPECT_EQ((*net)(ones({2, 4})).shape(), (Shape{2, 3}));
  EXPECT_EQ(net->parameter_count(), 4 * 6 + 6 + 6 * 5 + 5 + 1 + 5 * 3 + 3);
  EXPECT_EQ((*net)[1].describe(), "LeakyReLU(negative_slope=0.2)");
  for (const std::size_t i : {0u, 3u, 5u})
    EXPECT_TRUE(equal(dynamic_cast<Linear&>((*net)[i]).bias, zeros_like(dynamic_cast<Linear&>((*net)[i]).bias)));
}

TEST(Architecture, FollowsTheWidthThroughActivationsThatChangeIt) {
  Rng rng(1);
  const auto net = build(parse_architecture("linear(8) swiglu linear(3) crelu rrelu"), 5, 2, rng);
  EXPECT_EQ((*net)[2].parameters()[0].shape(), (Shape{3, 4}));
  EXPECT_EQ((*net)[5].parameters()[0].shape(), (Shape{2, 6}));
  EXPECT_EQ((*net)(ones({7, 5})).shape(), (Shape{7, 2}));
  EXPECT_EQ((*net)[1].describe(), "SwiGLU(dim=-1)");
  EXPECT_THAT(message_of<ShapeError>([&] { build(parse_architecture("linear(7) glu"), 5, 2, rng); }),
              HasSubstr("glu: 7 features cannot be halved"));
}

TEST(Architecture, HasWordsForNormalisation) {
  Rng rng(1);
  const auto layers = parse_architecture("linear(8) batchnorm relu linear(4) layernorm(1e-3) gelu");
  const auto net = build(layers, 3, 2, rng);
  EXPECT_EQ((*net)[1].describe(), "BatchNorm1d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  EXPECT_EQ((*net)[4].describe(), "LayerNorm((4,), eps=0.001, elementwise_affine=True)");
  EXPECT_EQ((*net)(zeros({5, 3})).shape(), (Shape{5, 2}));
  const auto groups = parse_architecture("linear(8) groupnorm(4) relu");
  EXPECT_EQ((*build(groups, 3, 2, rng))[1].describe(), "GroupNorm(4, 8, eps=1e-05, affine=True)");
  EXPECT_EQ(extent(groups, 3, 2).values, build(groups, 3, 2, rng)->parameter_count());
}

TEST(Architecture, BuildsTheSameWeightsFromTheSameSeed) {
  const auto weights = [](std::uint64_t seed) {
    Rng rng(seed);
    return build(mlp({8}, "relu"), 4, 2, rng)->parameters()[0];
  };
  EXPECT_TRUE(equal(weights(1), weights(1)));
  EXPECT_FALSE(equal(weights(1), weights(2)));
}

TEST(Architecture, QuotesWhatIsWrong) {
  const auto message = [](const char* text) {
    return message_of<ValueError>([text] {
      Rng rng(1);
      build(parse_architecture(text), 4, 2, rng);
    });
  };
  EXPECT_THAT(message("linear(64"), HasSubstr("\"linear(64\" has no closing bracket"));
  EXPECT_THAT(message("(64)"), HasSubstr("\"(64)\" has no name"));
  EXPECT_THAT(message("linear(x)"), HasSubstr("\"linear(x)\" takes a number"));
  EXPECT_THAT(message("linear"), HasSubstr("whole number of units"));
  EXPECT_THAT(message("linear(0)"), HasSubstr("linear(0)"));
  EXPECT_THAT(message("linear(2.5)"), HasSubstr("linear(2.5)"));
  EXPECT_THAT(message("linear(4) groupnorm"), HasSubstr("groupnorm() needs a whole number of groups"));
  EXPECT_THAT(message("linear(4) groupnorm(3)"), HasSubstr("4 channels do not make 3 equal groups"));
  EXPECT_THAT(message("linear(4) rleu"), HasSubstr("relu"));
  EXPECT_THAT(message("linear(4) softmax"), HasSubstr("output layer is added"));
  EXPECT_THAT(message("dropout(1)"), HasSubstr("p = 1"));
}

}  // namespace
}  // namespace relume::nn
