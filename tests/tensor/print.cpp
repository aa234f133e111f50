// Printing, character for character as PyTorch prints.
#include <sstream>

#include <gtest/gtest.h>

#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/tensor/tensor.h"
#include "tests/reference/stored.h"

namespace relume {
namespace {

TEST(Printing, WritesWhatPyTorchWrites) {
  const io::SafeTensors file = stored_tensors("printing");
  const nlohmann::json texts = stored_json("printing").at("plain");
  ASSERT_GT(texts.size(), 150u);
  for (const auto& [name, text] : texts.items())
    EXPECT_EQ(to_string(stored(file, name)), text.get<std::string>()) << name;
}

TEST(Printing, SaysThatALeafRequiresAGradient) {
  const io::SafeTensors file = stored_tensors("printing");
  const nlohmann::json texts = stored_json("printing").at("requires_grad");
  ASSERT_GT(texts.size(), 100u);
  for (const auto& [name, text] : texts.items())
    EXPECT_EQ(to_string(stored(file, name).clone().requires_grad_()), text.get<std::string>()) << name;
}

TEST(Printing, NamesTheOperationThatMadeATensor) {
  const io::SafeTensors file = stored_tensors("printing");
  const nlohmann::json texts = stored_json("printing").at("grad_fn");
  ASSERT_GT(texts.size(), 100u);
  for (const auto& [name, text] : texts.items())
    EXPECT_EQ(to_string(stored(file, name).clone().requires_grad_() * 1), text.get<std::string>()) << name;
}

TEST(Printing, NamesActivationsAsPyTorchDoes) {
  const Tensor x = tensor({-1.0, 2.0}, {float32, true});
  EXPECT_EQ(to_string(activate(Activation("relu"), x)), "tensor([0., 2.], grad_fn=<ReluBackward0>)");
  EXPECT_EQ(to_string(activate(Activation("leaky_relu"), x)),
            "tensor([-0.0100,  2.0000], grad_fn=<LeakyReluBackward0>)");
}

TEST(Printing, GoesToStreams) {
  std::ostringstream out;
  out << tensor({0, 0, 0, 1, 2}) << "\n";
  EXPECT_EQ(out.str(), "tensor([0, 0, 0, 1, 2])\n");
}

TEST(Printing, OfNoTensorSaysSo) { EXPECT_EQ(to_string(Tensor()), "tensor(undefined)"); }

TEST(Printing, OfAStridedViewShowsItsOwnElements) {
  EXPECT_EQ(to_string(arange(0, 6).reshape({2, 3}).t()), "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])");
}

}  // namespace
}  // namespace relume
