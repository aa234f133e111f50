// What no program should do, and what it is told.
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad.h"
#include "relume/base/pool.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/index.h"
#include "relume/ops/join.h"
#include "relume/ops/linear.h"
#include "relume/ops/matmul.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"
#include "relume/optim/sgd.h"
#include "tests/reference/message_of.h"

namespace relume {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

TEST(Misuse, OfATensorThatIsNoneIsAnErrorInEveryOperation) {
  Tensor source = ones({2, 2}), moved_to = std::move(source);
  const Tensor none, x = ones({2, 2});
  const std::vector<std::function<void(const Tensor&)>> uses = {
      [](const Tensor& t) { (void)t.shape(); },
      [](const Tensor& t) { (void)t.size(0); },
      [](const Tensor& t) { (void)t.dtype(); },
      [](const Tensor& t) { (void)t.elements(); },
      [](const Tensor& t) { (void)t.data<float>(); },
      [](const Tensor& t) { (void)t.item<float>(); },
      [](const Tensor& t) { (void)t.to_vector<float>(); },
      [](const Tensor& t) { (void)t.grad(); },
      [](const Tensor& t) { t.set_grad(ones({1})); },
      [](const Tensor& t) { t.backward(); },
      [](const Tensor& t) { Tensor(t).requires_grad_(); },
      [](const Tensor& t) { Tensor(t).fill_(1); },
      [](const Tensor& t) { ones({2}).copy_(t); },
      [](const Tensor& t) { t.detach(); },
      [](const Tensor& t) { t.clone(); },
      [](const Tensor& t) { t.contiguous(); },
      [](const Tensor& t) { t.to(float64); },
      [](const Tensor& t) { t.reshape({4}); },
      [](const Tensor& t) { t.transpose(0, 1); },
      [](const Tensor& t) { t[0]; },
      [&](const Tensor& t) { x + t; },
      [&](const Tensor& t) { t * 2; },
      [&](const Tensor& t) { (void)(x == t); },
      [&](const Tensor& t) { where(x > 0, x, t); },
      [](const Tensor& t) { exp(t); },
      [](const Tensor& t) { sum(t); },
      [](const Tensor& t) { max(t, 0); },
      [](const Tensor& t) { sort(t); },
      [](const Tensor& t) { var(t); },
      [&](const Tensor& t) { matmul(x, t); },
      [&](const Tensor& t) { linear(t, x); },
      [&](const Tensor& t) { linear(x, t); },
      [](const Tensor& t) { relu(t); },
      [](const Tensor& t) { softmax(t, 0); },
      [&](const Tensor& t) {
        cat({x, t});
      },
      [](const Tensor& t) { index_select(t, 0, tensor({0})); },
      [](const Tensor& t) { nn::Linear(2, 2)(t); },
      [&](const Tensor& t) { nn::mse_loss(x, t); },
      [](const Tensor& t) { nn::cross_entropy(t, tensor({0})); },
      [](const Tensor& t) { grad(t, {}); },
      [](const Tensor& t) { optim::SGD({t}); },
  };
  for (std::size_t i = 0; i < uses.size(); ++i)
    for (const Tensor* t : std::initializer_list<const Tensor*>{&none, &source})
      EXPECT_THROW(uses[i](*t), Error) << "use " << i << (t == &none ? " of none" : " after a move");
  EXPECT_THAT(message_of<ValueError>([&] { relu(source); }), HasSubstr("moved from"));
  EXPECT_EQ(moved_to.shape(), (Shape{2, 2}));
}

TEST(Misuse, OfSizesNamesThem) {
  EXPECT_THAT(message_of<ShapeError>([] { zeros({huge, 2}); }), HasSubstr("more elements than any memory holds"));
  EXPECT_THAT(message_of<ShapeError>([] {
                zeros({std::int64_t{1} << 32, std::int64_t{1} << 32});
              }),
              HasSubstr("[4294967296, 4294967296]"));
  const std::int64_t live = pool::live_bytes();
  EXPECT_THAT(message_of<ValueError>([] { empty({std::int64_t{1} << 50}); }), HasSubstr("GB"));
  EXPECT_EQ(pool::live_bytes(), live);
  EXPECT_THROW(zeros({-1}), ShapeError);
  EXPECT_THROW(ones({1}).expand({huge}), ShapeError);
  EXPECT_THROW(arange(0, 1e300), ValueError);
  EXPECT_THROW(one_hot(tensor({0}), huge), Error);
  EXPECT_EQ(zeros({huge, 0}).elements(), 0);
  EXPECT_THROW(zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0), ShapeError);
}

TEST(Misuse, OfShapesNamesTheOperationAndBothShapes) {
  const Tensor a = zeros({2, 3}), b = zeros({4, 5});
  EXPECT_THAT(message_of<ShapeError>([&] { a + b; }),
              AllOf(HasSubstr("add"), HasSubstr("[2, 3]"), HasSubstr("[4, 5]")));
  EXPECT_THAT(message_of<ShapeError>([&] { matmul(a, b); }),
              AllOf(HasSubstr("matmul"), HasSubstr("[2, 3]"), HasSubstr("[4, 5]")));
  EXPECT_THAT(message_of<ShapeError>([&] { linear(a, b); }),
              AllOf(HasSubstr("linear"), HasSubstr("[2, 3]"), HasSubstr("takes 5 features")));
  EXPECT_THROW(cat({a, b}), ShapeError);
  EXPECT_THROW(a.reshape({7}), ShapeError);
  EXPECT_THROW(a.expand({2, 4}), ShapeError);
  EXPECT_THROW(nn::mse_loss(a, b), ShapeError);
}

TEST(Misuse, OfIndicesNamesTheRange) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(x[2], IndexError);
  EXPECT_THROW(x.select(1, -4), IndexError);
  EXPECT_THROW(x.transpose(0, 2), IndexError);
  EXPECT_THROW(sum(x, {2}), IndexError);
  EXPECT_THROW(softmax(x, 2), IndexError);
  EXPECT_THAT(message_of<IndexError>([&] { index_select(x, 0, tensor({5})); }), HasSubstr("5 is out of range"));
  EXPECT_THROW(gather(x, 0, tensor({{9, 0, 0}}).to(DType::int64)), IndexError);
}

TEST(Misuse, OfBackwardSaysWhatToDo) {
  const Tensor x = ones({3}, {float32, true});
  const Tensor y = x * x;
  EXPECT_THAT(message_of<ValueError>([&] { y.backward(); }), HasSubstr("needs a gradient to start from"));
  const Tensor loss = sum(y);
  loss.backward();
  EXPECT_THAT(message_of<ValueError>([&] { loss.backward(); }), HasSubstr("retain_graph = true"));
  EXPECT_THROW(tensor({1, 2}).backward(), ValueError);
}

}  // namespace
}  // namespace relume
