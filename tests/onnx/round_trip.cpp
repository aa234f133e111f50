// What was written as ONNX is read back as a network of the same outputs. Beside other programs: tests/interplay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "relume/onnx/onnx.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::onnx {
namespace {

using infer::array_model;
using infer::expect_equal;
using infer::houses;
using infer::model_of;
using infer::predict;
using infer::random_rows;
using infer::Sandwich;
using infer::set_random;
using testing::ElementsAre;
using testing::HasSubstr;

class RoundTrip : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "net.onnx"; }

  /// As the network was, and as it comes back, on the same rows.
  void expect_same(const nn::Module& net, int opset) const {
    save(net, path(), {.opset = opset});
    const Network back = load_network(path());
    const Predictor before(net), after(*back.network, back.features);
    const std::vector<float> rows = random_rows(before.inputs() * 9, 2, 4);
    expect_equal(predict(after, rows), predict(before, rows), 3e-6);
  }

 private:
  io::TemporaryFolder folder_;
};

TEST_F(RoundTrip, KeepsEveryActivationAtEveryOpset) {
  for (int opset = oldest_opset; opset <= newest_opset; ++opset)
    for (const activation::Entry& entry : activation::table()) {
      SCOPED_TRACE(std::string(entry.info.name) + " at opset " + std::to_string(opset));
      expect_same(Sandwich(Activation(entry), 5, 6, 3).net, opset);
    }
}

TEST_F(RoundTrip, KeepsParameters) {
  for (const char* text : {"leaky_relu(0.3)", "general_relu(0.1,6,0.5)", "general_relu(0.1)", "general_relu(0.1,3,0.2)",
                           "threshold(0.1,-0.5)", "elu(0.4)", "celu(2.5)", "softplus(3)", "hardtanh(-0.5,2)",
                           "hardshrink(0.2)", "softshrink(0.7)", "thresholded_relu(0.4)", "rrelu(0.1,0.2)"})
    for (const int opset : {9, 12, 17, newest_opset}) {
      SCOPED_TRACE(text + (" at opset " + std::to_string(opset)));
      expect_same(Sandwich(Activation(text), 5, 6, 3).net, opset);
    }
}

TEST_F(RoundTrip, KeepsLayers) {
  const auto both = [&](nn::Sequential net) {
    set_random(net);
    for (const int opset : {9, 13, 17, 18, newest_opset}) expect_same(net, opset);
  };
  both(nn::Sequential(nn::BatchNorm1d(5), nn::Tanh(), nn::BatchNorm1d(5), nn::Linear(5, 3)));
  both(nn::Sequential(nn::LayerNorm(6), nn::Linear(6, 12), nn::GroupNorm(3, 12), nn::PReLU(12)));
  both(nn::Sequential(nn::Linear(4, 6), nn::Residual(nn::Linear(6, 6), nn::ReLU()), nn::Linear(6, 2)));
  both(nn::Sequential(nn::Residual(nn::ReLU(), nn::Residual(nn::Tanh(), nn::Linear(6, 6)), nn::Linear(6, 6))));
  both(nn::Sequential(nn::Linear(4, 8), nn::Dropout(), nn::GLU(), nn::CReLU(), nn::Softmax(1)));
}

TEST_F(RoundTrip, KeepsWhatAModelSays) {
  const io::Model model = array_model(6, {"no", "maybe", "\xc3\xbc"}, "linear(5) silu layernorm linear(4) prelu", 1);
  EXPECT_THAT(to_string(save(model, path())), HasSubstr("1 input in, probabilities out; "));
  const io::Model back = load_model(path());
  EXPECT_EQ(nn::to_string(back.layers), "linear(5) silu layernorm(1e-05) linear(4) prelu");
  EXPECT_EQ(back.labels, model.labels);
  const std::vector<float> rows = random_rows(6 * 8);
  expect_equal(predict(Predictor(back), rows), predict(Predictor(model), rows), 3e-6);
}

TEST_F(RoundTrip, KeepsAValueInItsUnits) {
  io::Model model = model_of(houses(false), "linear(8) elu");
  model.preprocessor.reset();
  save(model, path());
  const io::Model back = load_model(path());
  EXPECT_EQ(back.task, data::Task::regression);
  const std::vector<float> rows = random_rows(model.features * 8);
  expect_equal(predict(Predictor(back), rows), predict(Predictor(model), rows), 3e-6);
}

TEST_F(RoundTrip, KeepsTheShapeOfImages) {
  io::Model model = array_model(12, {"a", "b"}, "linear(5) relu", 1);
  model.input_shape = Shape{3, 4};
  model.scale = {0.5f, -1};
  save(model, path());
  const io::Model back = load_model(path());
  EXPECT_EQ(back.input_shape, model.input_shape);
  const std::vector<float> rows = random_rows(12 * 4);
  expect_equal(predict(Predictor(back), rows), predict(Predictor(model), rows), 3e-6);
  const Network network = load_network(path());
  EXPECT_EQ((*network.network)(zeros({2, 3, 4})).shape(), (Shape{2, 2}));
}

TEST_F(RoundTrip, TakesColumnsByTheirNamesWhereAsked) {
  const Exported exported = save(model_of(houses(true)), path(), {.preprocessing = true});
  EXPECT_THAT(exported.inputs, ElementsAre("rooms", "place"));
  EXPECT_THAT(exported.outputs, ElementsAre("probabilities", "label"));
  EXPECT_THAT(message_of<InputError>([&] { load_model(path()); }), HasSubstr("net.onnx: it takes 2 inputs"));
}

TEST_F(RoundTrip, RefusesWhatCannotBeWritten) {
  const auto net = infer::network({2, 2});
  for (const int opset : {0, oldest_opset - 1, newest_opset + 1})
    EXPECT_THAT(message_of<InputError>([&] { save(*net, path(), {.opset = opset}); }), HasSubstr("is not from 9 to"));
  net->parameters()[0].detach().span<float>()[0] = NAN;
  EXPECT_THAT(message_of<InputError>([&] { save(*net, path()); }), HasSubstr("NaN"));
  EXPECT_THROW(save(nn::Sequential(nn::Embedding(5, 3), nn::Linear(3, 2)), path()), InputError);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace relume::onnx
