// Normalising and embedding layers beside PyTorch's, values and gradients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/gradcheck.h"
#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/nn/embedding.h"
#include "relume/nn/group_norm.h"
#include "relume/nn/linear.h"
#include "relume/nn/normalization.h"
#include "relume/nn/residual.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/reduce.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume::nn {
namespace {

using ::testing::HasSubstr;

const io::SafeTensors& reference() {
  static const io::SafeTensors file = stored_tensors("layers");
  return file;
}

/// Gives the layer the reference's parameters.
void take_parameters(const Module& layer, const std::string& name) {
  for (auto& [key, parameter] : layer.named_parameters())
    parameter.set_data(stored(reference(), name + " " + key).clone());
}

/// Output and gradients of the layer for the stored case; call(x) is layer(x), perhaps with more.
template <class Call>
void expect_same(const Module& layer, const std::string& name, Call&& call) {
  for (const Tensor& parameter : layer.parameters()) parameter.set_grad(Tensor());
  const auto expect_close = [&](const Tensor& got, const std::string& key) {
    EXPECT_TRUE(allclose(got, stored(reference(), name + " " + key), 1e-9, 1e-11)) << name << " " << key << got;
  };
  Tensor x = stored(reference(), name + " x").clone();
  if (is_floating(x.dtype())) x.requires_grad_();
  const Tensor y = call(x);
  expect_close(y, "y");
  y.backward(stored(reference(), name + " dy"));
  if (x.requires_grad()) expect_close(x.grad(), "dx");
  for (const auto& [key, parameter] : layer.named_parameters()) expect_close(parameter.grad(), "d" + key);
}

TEST(BatchNorm1d, IsPyTorchsInTrainingAndInEvaluation) {
  for (const std::string name : {"batchnorm", "batchnorm of series"}) {
    BatchNorm1d layer(3, {.dtype = float64});
    take_parameters(layer, name);
    for (const char* batch : {" 0", " 1", " 2"})
      expect_same(layer, name + batch, [&](const Tensor& x) { return layer(x); });
    EXPECT_TRUE(allclose(layer.running_mean, stored(reference(), name + " running_mean"), 1e-12, 1e-12));
    EXPECT_TRUE(allclose(layer.running_var, stored(reference(), name + " running_var"), 1e-12, 1e-12));
    EXPECT_EQ(layer.num_batches_tracked.item<std::int64_t>(), 3);
    layer.eval();
    expect_same(layer, name + " eval", [&](const Tensor& x) { return layer(x); });
  }
  BatchNorm1d plain(3, {.affine = false, .dtype = float64});
  expect_same(plain, "batchnorm plain", [&](const Tensor& x) { return plain(x); });
}

TEST(BatchNorm1d, SavesItsAveragesWithItsParameters) {
  BatchNorm1d layer(2), other(2);
  layer(tensor({{1, 2}, {3, 8}}));
  other.load_state(layer.state());
  other.eval();
  layer.eval();
  const Tensor x = tensor({{0.5, -1}});
  EXPECT_TRUE(equal(layer(x), other(x)));
  EXPECT_EQ(layer.named_buffers().size(), 3u);
}

TEST(BatchNorm1d, AveragesAllBatchesOrKeepsNone) {
  BatchNorm1d all(1, {.cumulative = true, .dtype = float64}), none(1, {.track = false, .dtype = float64});
  for (const double mean : {1.0, 3.0, 8.0}) all(tensor({{mean - 1}, {mean + 1}}, float64));
  EXPECT_NEAR(all.running_mean.item<double>(), 4, 1e-12);
  EXPECT_NEAR(all.running_var.item<double>(), 2, 1e-12);
  none.eval();
  EXPECT_NEAR(none(tensor({{0}, {2}}, float64)).to_vector<double>()[0], -1, 1e-4);
  EXPECT_EQ(none.state().size(), 2u);
  EXPECT_FALSE(none.running_mean.defined());
}

TEST(BatchNorm1d, SaysWhatDoesNotFit) {
  BatchNorm1d layer(3);
  EXPECT_THAT(message_of<ShapeError>([&] { layer(zeros({1, 3})); }), HasSubstr("one value a column"));
  EXPECT_THROW(layer(zeros({4, 2})), ShapeError);
  EXPECT_THROW(layer(zeros({3})), ShapeError);
  EXPECT_THROW(layer(zeros({4, 3}, float64)), DTypeError);
  layer.eval();
  EXPECT_EQ(layer(zeros({1, 3})).shape(), (Shape{1, 3}));
}

TEST(GroupNorm, IsPyTorchs) {
  for (const std::string name : {"groupnorm", "groupnorm of series", "groupnorm plain"}) {
    GroupNorm layer(2, 6, {.affine = name != "groupnorm plain", .dtype = float64});
    take_parameters(layer, name);
    expect_same(layer, name, [&](const Tensor& x) { return layer(x); });
  }
}

TEST(GroupNorm, HasTheGradientOfItsValues) {
  manual_seed(1);
  GroupNorm layer(3, 6, {.dtype = float64});
  for (const Shape& shape : {Shape{2, 6}, Shape{2, 6, 3}, Shape{2, 6, 2, 2}})
    EXPECT_EQ(gradcheck(
                  [&](const std::vector<Tensor>& in) {
                    layer.weight = in[1];
                    layer.bias = in[2];
                    return layer(in[0]);
                  },
                  {randn(shape, {float64, true}), randn({6}, {float64, true}), randn({6}, {float64, true})}),
              "")
        << to_string(shape);
}

TEST(GroupNorm, SaysWhatDoesNotFit) {
  EXPECT_THAT(message_of<ValueError>([] { GroupNorm(4, 6); }), HasSubstr("6 channels do not make 4 equal groups"));
  EXPECT_THAT(message_of<ShapeError>([] { GroupNorm(2, 6)(zeros({3, 5})); }), HasSubstr("[3, 5] is not [n, 6, …]"));
  EXPECT_EQ(GroupNorm(2, 6).describe(), "GroupNorm(2, 6, eps=1e-05, affine=True)");
}

TEST(LayerNorm, IsPyTorchs) {
  LayerNorm row(5, {.dtype = float64}), block(Shape{2, 5}, {.dtype = float64}),
      plain(Shape{2, 5}, {.affine = false, .dtype = float64});
  take_parameters(row, "layernorm");
  take_parameters(block, "layernorm wide");
  expect_same(row, "layernorm", [&](const Tensor& x) { return row(x); });
  expect_same(block, "layernorm wide", [&](const Tensor& x) { return block(x); });
  expect_same(plain, "layernorm plain", [&](const Tensor& x) { return plain(x); });
  EXPECT_THROW(row(zeros({2, 4}, float64)), ShapeError);
}

TEST(Embedding, IsPyTorchs) {
  Embedding layer(6, 3, {.padding = 2, .dtype = float64});
  EXPECT_EQ(max(layer.weight[2]).item<double>(), 0);
  take_parameters(layer, "embedding");
  expect_same(layer, "embedding", [&](const Tensor& x) { return layer(x); });
}

TEST(EmbeddingBag, IsPyTorchsInEveryModeWithAndWithoutOffsets) {
  for (const auto& [mode, name] :
       {std::pair{BagMode::sum, "bag sum"}, {BagMode::mean, "bag mean"}, {BagMode::max, "bag max"}}) {
    EmbeddingBag layer(6, 3, mode, float64);
    take_parameters(layer, name);
    expect_same(layer, name, [&](const Tensor& x) { return layer(x); });
    expect_same(layer, std::string(name) + " cut", [&](const Tensor& x) {
      return layer.forward(x, tensor({0, 2, 2, 5}));
    });
  }
}

TEST(Embedding, SaysWhichIndexHasNoRow) {
  Embedding layer(4, 2);
  EXPECT_THAT(message_of<IndexError>([&] { layer(tensor({1, 4})); }), HasSubstr("index 4 is out of range"));
  EXPECT_THROW(layer(tensor({-1})), IndexError);
  EXPECT_THROW(layer(tensor({1.0})), DTypeError);
  EmbeddingBag bag(4, 2);
  EXPECT_THROW(bag.forward(tensor({1, 2}), tensor({0, 3})), IndexError);
  EXPECT_THROW(bag.forward(tensor({1, 2}), tensor({1})), IndexError);
  EXPECT_THROW(bag(tensor({1, 2})), ShapeError);
}

TEST(Residual, AddsItsInput) {
  Residual layer{Linear(3, 3), ReLU()};
  const Tensor x = randn({2, 3});
  EXPECT_TRUE(equal(layer(x), x + (*layer.children()[0].second)(x)));
  EXPECT_EQ(layer.named_parameters()[0].first, "f.0.weight");
  Residual wrong{Linear(3, 2), ReLU()};
  EXPECT_THAT(message_of<ShapeError>([&] { wrong(x); }), HasSubstr("of one shape"));
}

TEST(Layers, PrintAsPyTorchs) {
  EXPECT_EQ(BatchNorm1d(3).describe(),
            "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  EXPECT_EQ(LayerNorm(5).describe(), "LayerNorm((5,), eps=1e-05, elementwise_affine=True)");
  EXPECT_EQ(LayerNorm(Shape{2, 5}).describe(), "LayerNorm((2, 5), eps=1e-05, elementwise_affine=True)");
  EXPECT_EQ(Embedding(6, 3, {.padding = 2}).describe(), "Embedding(6, 3, padding_idx=2)");
  EXPECT_EQ(EmbeddingBag(6, 3).describe(), "EmbeddingBag(6, 3, mode='mean')");
}

}  // namespace
}  // namespace relume::nn
