// What holds for all shapes: broadcasting, views, joining, reductions, checked against naive indexing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/join.h"
#include "relume/ops/matmul.h"
#include "relume/ops/reduce.h"
#include "relume/tensor/tensor.h"

namespace relume {
namespace {

Shape random_shape(int least = 0, int most = 4, std::int64_t smallest = 1) {
  const int dimensions = *rc::gen::inRange(least, most + 1);
  Shape shape;
  for (int i = 0; i < dimensions; ++i) shape.push_back(*rc::gen::inRange<std::int64_t>(smallest, 5));
  return shape;
}

/// Different whole numbers.
Tensor numbered(const Shape& shape, double from = 0) {
  return arange(from, from + static_cast<double>(shape.elements()), 1, float64).reshape(shape);
}

Shape random_order(int dimensions) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(dimensions));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  return Shape(order);
}

/// A strided tensor: permuted, and every dimension cut with a step.
Tensor random_view(const Tensor& base) {
  Tensor view = base.permute(random_order(base.dimensions()));
  for (int d = 0; d < view.dimensions(); ++d) {
    const std::int64_t begin = *rc::gen::inRange<std::int64_t>(0, view.size(d));
    view = view.slice(d, begin, view.size(d), *rc::gen::inRange<std::int64_t>(1, 3));
  }
  return view;
}

std::vector<std::int64_t> index_of(std::int64_t i, const Shape& shape) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.dimensions()));
  for (int d = shape.dimensions() - 1; d >= 0; --d) {
    index[static_cast<std::size_t>(d)] = i % shape[d];
    i /= shape[d];
  }
  return index;
}

double at(const Tensor& t, const std::vector<std::int64_t>& index) {
  std::int64_t offset = 0;
  for (int d = 0; d < t.dimensions(); ++d) offset += index[static_cast<std::size_t>(d)] * t.strides()[d];
  return t.data<double>()[offset];
}

/// The element of a broadcast operand that stands at `index` of the result.
double broadcast_at(const Tensor& t, const std::vector<std::int64_t>& index) {
  const std::size_t extra = index.size() - static_cast<std::size_t>(t.dimensions());
  std::vector<std::int64_t> own(index.begin() + static_cast<std::ptrdiff_t>(extra), index.end());
  for (int d = 0; d < t.dimensions(); ++d)
    if (t.size(d) == 1) own[static_cast<std::size_t>(d)] = 0;
  return at(t, own);
}

/// A shape that broadcasts with `shape`: leading sizes left out, some of the others 1.
Shape broadcastable(const Shape& shape) {
  Shape result;
  for (int d = *rc::gen::inRange(0, shape.dimensions() + 1); d < shape.dimensions(); ++d)
    result.push_back(*rc::gen::arbitrary<bool>() ? 1 : shape[d]);
  return result;
}

RC_GTEST_PROP(Broadcasting, PairsElementsAsNaiveIndexingDoes, ()) {
  const Shape shape = random_shape();
  const Tensor a = random_view(numbered(broadcastable(shape), 1)), b = random_view(numbered(shape, 100));
  Shape both;
  try {
    both = broadcast(a.shape(), b.shape(), "test");
  } catch (const ShapeError&) {
    RC_DISCARD("do not broadcast");
  }
  const Tensor product = a * b, less = a < b;
  RC_ASSERT(product.shape() == both);
  for (std::int64_t i = 0; i < both.elements(); ++i) {
    const auto index = index_of(i, both);
    RC_ASSERT(product.data<double>()[i] == broadcast_at(a, index) * broadcast_at(b, index));
    RC_ASSERT(less.data<bool>()[i] == (broadcast_at(a, index) < broadcast_at(b, index)));
  }
}

RC_GTEST_PROP(Broadcasting, IsUndoneBySumTo, ()) {
  const Shape shape = random_shape(), small = broadcastable(shape);
  const Tensor x = numbered(small, 1);
  const double copies = static_cast<double>(shape.elements()) / static_cast<double>(small.elements());
  RC_ASSERT(equal(sum_to(x.expand(shape), small), x * copies));
  RC_ASSERT(sum_to(numbered(shape), small).shape() == small);
  RC_ASSERT(sum(sum_to(numbered(shape), small)).item<double>() == sum(numbered(shape)).item<double>());
}

RC_GTEST_PROP(Views, OfPermutedTensorsReshapeAsNaiveIndexingDoes, ()) {
  const Tensor x = random_view(numbered(random_shape()));
  // A shape of as many elements: x's sizes in another order, split off or joined.
  Shape shape;
  std::int64_t joined = 1;
  const Shape order = random_order(x.dimensions());
  for (const std::int64_t d : order) {
    if (*rc::gen::arbitrary<bool>()) {
      shape.push_back(x.size(static_cast<int>(d)));
    } else {
      joined *= x.size(static_cast<int>(d));
    }
  }
  shape.push_back(joined);
  const Tensor y = x.reshape(shape);
  RC_ASSERT(y.shape() == shape);
  for (std::int64_t i = 0; i < y.elements(); ++i) RC_ASSERT(at(y, index_of(i, shape)) == at(x, index_of(i, x.shape())));
}

RC_GTEST_PROP(Views, ShareMemoryWithWhatTheyAreOf, ()) {
  const Tensor base = numbered(random_shape(1));
  Tensor view = random_view(base);
  const double before = sum(base).item<double>(), part = sum(view).item<double>();
  view.fill_(0);
  RC_ASSERT(sum(base).item<double>() == before - part);
}

RC_GTEST_PROP(Views, ThatViewGivesAreWhatReshapeGives, ()) {
  const Tensor x = random_view(numbered(random_shape(1)));
  const Shape shape = {x.elements()};
  try {
    const Tensor y = x.view(shape);
    RC_ASSERT(equal(y, x.reshape(shape)));
    RC_ASSERT((y.data<double>() == x.data<double>()));
  } catch (const ShapeError&) {
    RC_ASSERT(!x.is_contiguous());
  }
}

RC_GTEST_PROP(Joining, IsUndoneBySlicing, ()) {
  const Shape shape = random_shape(1);
  const int d = *rc::gen::inRange(0, shape.dimensions());
  std::vector<Tensor> parts;
  for (int k = 0; k < *rc::gen::inRange(1, 4); ++k) {
    Shape sizes = shape;
    sizes[d] = *rc::gen::inRange<std::int64_t>(0, 4);
    parts.push_back(numbered(sizes, 100.0 * k));
  }
  const Tensor whole = cat(parts, d - shape.dimensions());
  std::int64_t begin = 0;
  for (const Tensor& part : parts) {
    RC_ASSERT(equal(whole.slice(d, begin, begin + part.size(d)), part));
    begin += part.size(d);
  }
  RC_ASSERT(whole.size(d) == begin);
}

RC_GTEST_PROP(Joining, IsUndoneBySelectingWhatWasStacked, ()) {
  const Shape shape = random_shape();
  const std::vector<Tensor> parts = {random_view(numbered(shape)), random_view(numbered(shape, 100))};
  if (parts[0].shape() != parts[1].shape()) RC_DISCARD("different shapes");
  const int d = *rc::gen::inRange(0, parts[0].dimensions() + 1);
  const Tensor whole = stack(parts, d);
  RC_ASSERT(equal(whole.select(d, 0), parts[0]));
  RC_ASSERT(equal(whole.select(d, -1), parts[1]));
}

RC_GTEST_PROP(Reductions, AddUpWhatNaiveIndexingAddsUp, ()) {
  const Tensor x = random_view(numbered(random_shape(1)));
  const int d = *rc::gen::inRange(0, x.dimensions());
  const Tensor s = sum(x, {d}, true), m = mean(x, {d - x.dimensions()}), most = argmax(x, d);
  Shape kept = x.shape();
  kept[d] = 1;
  RC_ASSERT(s.shape() == kept);
  for (std::int64_t i = 0; i < kept.elements(); ++i) {
    auto index = index_of(i, kept);
    double total = 0;
    std::int64_t best = 0;
    double largest = at(x, index);
    for (std::int64_t k = 0; k < x.size(d); ++k) {
      index[static_cast<std::size_t>(d)] = k;
      total += at(x, index);
      if (at(x, index) > largest) {
        largest = at(x, index);
        best = k;
      }
    }
    RC_ASSERT(s.data<double>()[i] == total);
    RC_ASSERT(std::abs(m.data<double>()[i] - total / static_cast<double>(x.size(d))) < 1e-9);
    RC_ASSERT(most.data<std::int64_t>()[i] == best);
  }
}

RC_GTEST_PROP(Matmul, MultipliesStridedMatricesAsThreeLoopsDo, ()) {
  const auto size = [] { return *rc::gen::inRange<std::int64_t>(0, 9); };
  const std::int64_t m = size(), n = size(), k = size();
  const auto matrix = [](std::int64_t rows, std::int64_t columns) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0: return numbered({rows, columns});
      case 1: return numbered({columns, rows}).t();
      case 2: return numbered({rows, 2 * columns}).slice(1, 0, 2 * columns, 2);
      default: return numbered({rows, columns + 3}).slice(1, 2, columns + 2);
    }
  };
  const Tensor a = matrix(m, k), b = matrix(k, n), y = matmul(a, b);
  RC_ASSERT(y.shape() == (Shape{m, n}));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double expected = 0;
      for (std::int64_t l = 0; l < k; ++l) expected += at(a, {i, l}) * at(b, {l, j});
      RC_ASSERT(at(y, {i, j}) == expected);
    }
}

}  // namespace
}  // namespace relume
