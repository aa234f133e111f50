#include "relume/infer/static_net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/activation/family.h"
#include "relume/infer/c_header.h"
#include "tests/infer/networks.h"
#include "tests/reference/message_of.h"

namespace relume::infer {
namespace {

using activation::Relu;
using activation::Softmax;
using testing::HasSubstr;

/// What it says of rows, one after the other.
template <class Net>
std::vector<float> rows_through(const Net& net, const std::vector<float>& rows) {
  std::vector<float> out(rows.size() / Net::inputs * Net::outputs);
  for (std::size_t r = 0; r < rows.size() / Net::inputs; ++r)
    net.predict(std::span<const float, Net::inputs>(rows.data() + r * Net::inputs, Net::inputs),
                std::span<float, Net::outputs>(out.data() + r * Net::outputs, Net::outputs));
  return out;
}

template <class Net>
void expect_as_predictor(const nn::Module& network) {
  const std::vector<float> rows = random_rows(static_cast<std::int64_t>(Net::inputs) * 5);
  const Predictor predictor(network);
  ASSERT_EQ(predictor.outputs(), static_cast<std::int64_t>(Net::outputs));
  expect_equal(rows_through(Net(network), rows), predict(predictor, rows));
}

template <class... S>
void expect_family(TypeList<S...> /*family*/) {
  const auto one = []<class F>() {
    SCOPED_TRACE(F::info.name);
    expect_as_predictor<StaticNet<7, Linear<18>, F, Linear<3>>>(
        Sandwich(Activation(*activation::find(F::info.name)), 7, 18, 3).net);
  };
  (one.template operator()<S>(), ...);
}

TEST(StaticNet, GivesWhatThePredictorGivesForEveryActivation) { expect_family(activation::Family()); }

/// All ways in which a product is laid out: along the inputs, and in blocks with and without a rest.
template <std::size_t... Widths>
void expect_widths() {
  (expect_as_predictor<StaticNet<5, Linear<Widths>, Relu, Linear<33>>>(
       *network({5, static_cast<std::int64_t>(Widths), 33})),
   ...);
  (expect_as_predictor<StaticNet<Widths, Linear<2>>>(*network({static_cast<std::int64_t>(Widths), 2})), ...);
}

TEST(StaticNet, TakesAnyWidth) { expect_widths<1, 2, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65, 130>(); }

TEST(StaticNet, TakesParametersOfActivations) {
  expect_as_predictor<StaticNet<7, Linear<18>, activation::LeakyRelu, Linear<3>>>(
      Sandwich(Activation("leaky_relu(0.3)"), 7, 18, 3).net);
}

TEST(StaticNet, TakesAModelAndMakesItsProbabilities) {
  const io::Model model = array_model(6, {"a", "b", "c"}, "linear(10) batchnorm relu", 1);
  set_random(*model.network);
  const std::vector<float> rows = random_rows(6 * 4);
  const StaticNet<6, Linear<10>, Relu, Linear<3>, Softmax> net(model);
  expect_equal(rows_through(net, rows), predict(Predictor(model), rows));
  const StaticNet<6, Linear<10>, Relu, Linear<3>> raw(model);
  expect_equal(rows_through(raw, rows), predict(Predictor(model, {.raw = true}), rows));
}

TEST(StaticNet, IsFilledFromTheConstantsOfAHeader) {
  const auto net = network({2, 3, 1});
  const std::string text = c_header(*net, "net").text;
  float values[13];
  std::size_t at = text.find("= {") + 3;
  for (float& value : values) {
    at = text.find_first_of("-0123456789", at);
    std::size_t length = 0;
    value = std::stof(text.substr(at), &length);
    at += length;
  }
  const std::vector<float> rows = random_rows(2 * 3);
  expect_equal(rows_through(StaticNet<2, Linear<3>, Relu, Linear<1>>(values), rows), predict(Predictor(*net), rows));
}

TEST(StaticNet, HasItsSizesInItsType) {
  using Net = StaticNet<4, Linear<8>, activation::Crelu, Linear<6>, activation::Glu>;
  static_assert(Net::inputs == 4 && Net::outputs == 3 && Net::parameters == 5 * 8 + 17 * 6);
  constexpr Net zeros;
  EXPECT_EQ(zeros({1, 2, 3, 4}), (std::array<float, 3>{0, 0, 0}));
}

TEST(StaticNet, RefusesAnotherNetwork) {
  const auto net = network({4, 8, 2});
  const auto said = [&]<class Net>() { return message_of<InputError>([&] { Net{*net}; }); };
  EXPECT_THAT((said.operator()<StaticNet<4, Linear<8>, Relu>>()), HasSubstr("4 inputs and 2 layers"));
  EXPECT_THAT((said.operator()<StaticNet<4, Linear<9>, Relu, Linear<2>>>()), HasSubstr("Linear<9>"));
  EXPECT_THAT((said.operator()<StaticNet<4, Linear<8>, activation::Tanh, Linear<2>>>()), HasSubstr("tanh"));
  EXPECT_THAT((said.operator()<StaticNet<4, Linear<8>, activation::Prelu, Linear<2>>>()), HasSubstr("prelu"));
  EXPECT_THAT((said.operator()<StaticNet<4, Linear<8>, activation::Crelu, Linear<2>>>()), HasSubstr("crelu"));
}

}  // namespace
}  // namespace relume::infer
