// What a tensor does as a member is what the function of that name does.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/autograd/gradcheck.h"
#include "relume/base/rng.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/matmul.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"
#include "tests/reference/message_of.h"

namespace relume {
namespace {

using ::testing::HasSubstr;
using F = std::function<Tensor(const Tensor&)>;

struct Member {
  const char* name;
  F member, function;
};

const std::vector<Member>& members() {
  static const Tensor other = rand({4, 3}, float64) + 0.5;
  static const std::vector<Member> all{
      {"sum", [](auto& x) { return x.sum(); }, [](auto& x) { return sum(x); }},
      {"sum 1", [](auto& x) { return x.sum(1); }, [](auto& x) { return sum(x, {1}); }},
      {"sum keep",
       [](auto& x) {
         return x.sum({0, 1}, true);
       },
       [](auto& x) {
         return sum(x, {0, 1}, true);
       }},
      {"mean", [](auto& x) { return x.mean(); }, [](auto& x) { return mean(x); }},
      {"mean -1", [](auto& x) { return x.mean(-1, true); }, [](auto& x) { return mean(x, {-1}, true); }},
      {"mean both",
       [](auto& x) {
         return x.mean({1, 0});
       },
       [](auto& x) {
         return mean(x, {1, 0});
       }},
      {"max", [](auto& x) { return x.max(); }, [](auto& x) { return max(x); }},
      {"min", [](auto& x) { return x.min(); }, [](auto& x) { return min(x); }},
      {"max 0", [](auto& x) { return x.max(0).values; }, [](auto& x) { return max(x, 0).values; }},
      {"min 1", [](auto& x) { return x.min(1, true).values; }, [](auto& x) { return min(x, 1, true).values; }},
      {"var", [](auto& x) { return x.var(); }, [](auto& x) { return var(x); }},
      {"var 0", [](auto& x) { return x.var({0}, 0, true); }, [](auto& x) { return var(x, {0}, 0, true); }},
      {"norm", [](auto& x) { return x.norm({1}, true); }, [](auto& x) { return norm(x, {1}, true); }},
      {"logsumexp", [](auto& x) { return x.logsumexp({1}); }, [](auto& x) { return logsumexp(x, {1}); }},
      {"abs", [](auto& x) { return x.abs(); }, [](auto& x) { return abs(x); }},
      {"exp", [](auto& x) { return x.exp(); }, [](auto& x) { return exp(x); }},
      {"log", [](auto& x) { return x.log(); }, [](auto& x) { return log(x); }},
      {"sqrt", [](auto& x) { return x.sqrt(); }, [](auto& x) { return sqrt(x); }},
      {"sin", [](auto& x) { return x.sin(); }, [](auto& x) { return sin(x); }},
      {"cos", [](auto& x) { return x.cos(); }, [](auto& x) { return cos(x); }},
      {"sign", [](auto& x) { return x.sign(); }, [](auto& x) { return sign(x); }},
      {"clamp", [](auto& x) { return x.clamp(0.7, 1.1); }, [](auto& x) { return clamp(x, 0.7, 1.1); }},
      {"pow", [](auto& x) { return x.pow(other); }, [](auto& x) { return pow(x, other); }},
      {"pow 3", [](auto& x) { return x.pow(3); }, [](auto& x) { return pow(x, 3); }},
      {"matmul", [](auto& x) { return x.matmul(other.t()); }, [](auto& x) { return matmul(x, other.t()); }},
      {"relu", [](auto& x) { return x.relu(); }, [](auto& x) { return relu(x); }},
      {"sigmoid", [](auto& x) { return x.sigmoid(); }, [](auto& x) { return sigmoid(x); }},
      {"tanh", [](auto& x) { return x.tanh(); }, [](auto& x) { return tanh(x); }},
      {"softmax", [](auto& x) { return x.softmax(0); }, [](auto& x) { return softmax(x, 0); }},
      {"log_softmax", [](auto& x) { return x.log_softmax(-1); }, [](auto& x) { return log_softmax(x, -1); }}};
  return all;
}

TEST(Members, AreTheFunctionsWithTheirGradients) {
  manual_seed(1);
  for (const Member& m : members()) {
    // Of both signs where a logarithm allows it.
    const bool positive = std::string_view(m.name).starts_with("log") || std::string_view(m.name).starts_with("sqrt") ||
                          std::string_view(m.name).starts_with("pow");
    const Tensor values = positive ? rand({4, 3}, float64) + 0.25 : randn({4, 3}, float64);
    const auto run = [&](const F& f) {
      Tensor x = values.clone().requires_grad_();
      const Tensor y = f(x);
      y.backward(ones(y.shape(), float64));
      return std::pair(y.detach(), x.grad());
    };
    const auto [got, slope] = run(m.member);
    const auto [wanted, wanted_slope] = run(m.function);
    EXPECT_TRUE(equal(got, wanted)) << m.name;
    EXPECT_TRUE(equal(slope, wanted_slope)) << m.name;
  }
}

TEST(Members, FindPlaces) {
  const Tensor x = tensor({{3, 9, 2}, {8, 1, 0}});
  EXPECT_EQ(x.argmax(1).to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(x.argmin(0, true).shape(), (Shape{1, 3}));
  EXPECT_EQ(x.argmax().item<std::int64_t>(), 1);
  EXPECT_EQ(x.argmin().item<std::int64_t>(), 5);
  EXPECT_EQ(x.max(1).indices.to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 0}));
}

TEST(Members, SayHowLargeATensorIsAndWhatItHolds) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(x.dim(), 3);
  EXPECT_EQ(x.numel(), 24);
  EXPECT_EQ(tensor({2.5}).item(), 2.5);
  EXPECT_EQ(tensor({{1, 2}, {3, 4}})[1][0].item(), 3);
  testing::internal::CaptureStdout();
  tensor({1, 2}).print();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "tensor([1, 2])\n");
}

struct InPlace {
  const char* name;
  std::function<void(Tensor&, const Tensor&)> write;
  std::function<Tensor(const Tensor&, const Tensor&)> function;
};

const std::vector<InPlace> in_place{
    {"+=", [](Tensor& x, const Tensor& y) { x += y; }, [](auto& x, auto& y) { return x + y; }},
    {"-=", [](Tensor& x, const Tensor& y) { x -= y; }, [](auto& x, auto& y) { return x - y; }},
    {"*=", [](Tensor& x, const Tensor& y) { x *= y; }, [](auto& x, auto& y) { return x * y; }},
    {"/=", [](Tensor& x, const Tensor& y) { x /= y; }, [](auto& x, auto& y) { return x / y; }},
    {"+= 2", [](Tensor& x, const Tensor&) { x += 2; }, [](auto& x, auto&) { return x + 2; }},
    {"-= 2", [](Tensor& x, const Tensor&) { x -= 2; }, [](auto& x, auto&) { return x - 2; }},
    {"*= 0.5", [](Tensor& x, const Tensor&) { x *= 0.5; }, [](auto& x, auto&) { return x * 0.5; }},
    {"/= 3", [](Tensor& x, const Tensor&) { x /= 3; }, [](auto& x, auto&) { return x / 3; }}};

TEST(InPlaceArithmetic, WritesWhatTheOperatorGives) {
  manual_seed(2);
  for (const InPlace& op : in_place)
    for (const Shape& shape : {Shape{3, 4}, Shape{4}, Shape{}}) {
      const Tensor base = randn({3, 8}).slice(1, 0, 8, 2), y = rand(shape) + 1;
      for (Tensor x : {base, base.clone()}) {
        const Tensor wanted = op.function(x, y), same = x;
        op.write(x, y);
        EXPECT_TRUE(equal(x, wanted)) << op.name << to_string(shape);
        EXPECT_TRUE(equal(same, wanted));
      }
    }
}

TEST(InPlaceArithmetic, TakesATensorBesideItself) {
  Tensor x = tensor({1.0, 2.0, 4.0});
  x += x;
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{2, 4, 8}));
  x *= x[1];
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{8, 16, 32}));
  x /= x.detach();
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 1, 1}));
}

TEST(InPlaceArithmetic, IsRecorded) {
  manual_seed(3);
  const Tensor a = (rand({3, 4}, float64) + 0.5).requires_grad_(), b = (rand({4}, float64) + 0.5).requires_grad_();
  for (const InPlace& op : in_place)
    EXPECT_EQ(gradcheck(
                  [&](const std::vector<Tensor>& in) {
                    Tensor x = in[0] * 1;
                    op.write(x, in[1]);
                    return x * x;
                  },
                  {a, b}),
              "")
        << op.name;
  EXPECT_EQ(gradcheck(
                [](const std::vector<Tensor>& in) {
                  Tensor x = in[0] * 1;
                  x *= x;
                  return x;
                },
                {a}),
            "");
}

TEST(InPlaceArithmetic, IsRefusedWhereItWouldBeLost) {
  Tensor leaf = ones({3}, {float32, true});
  EXPECT_THAT(message_of<ValueError>([&] { leaf += 1; }), HasSubstr("leaf"));
  {
    const NoGradGuard guard;
    leaf += 1;
  }
  EXPECT_EQ(leaf.to_vector<float>(), std::vector<float>(3, 2));
  Tensor narrow = ones({3}), whole = tensor({1, 2});
  EXPECT_THAT(message_of<ShapeError>([&] { narrow += ones({2, 3}); }), HasSubstr("[2, 3]"));
  EXPECT_THROW(whole += 0.5, DTypeError);
  EXPECT_THROW(whole /= 2, DTypeError);
  whole += 2;
  EXPECT_EQ(whole.to_vector<std::int64_t>(), (std::vector<std::int64_t>{3, 4}));
}

}  // namespace
}  // namespace relume
