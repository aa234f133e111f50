// Compiled for size.
#include "relume/ops/statistics.h"

#include <algorithm>
#include <cmath>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/tensor/dimension.h"

namespace relume {
namespace {

/// The dimensions meant, counted from 0. Throws for integers, which have none of these.
Shape meant(const Tensor& x, const Shape& dimensions, const char* operation) {
  require<DTypeError>(is_floating(x.dtype()), "{}: of {}; convert it with to(float32) first", operation,
                      name(x.dtype()));
  Shape result;
  const bool all = dimensions.dimensions() == 0;
  for (int i = 0; i < (all ? x.dimensions() : dimensions.dimensions()); ++i) {
    result.push_back(checked_dimension(x.shape(), all ? i : dimensions[i], operation));
  }
  return result;
}

/// A result that kept its reduced dimensions, without them unless they are wanted.
Tensor finish(const Tensor& kept, const Shape& dimensions, bool keepdim) {
  if (keepdim) return kept;
  Shape shape;
  for (int i = 0; i < kept.dimensions(); ++i)
    if (std::find(dimensions.begin(), dimensions.end(), i) == dimensions.end()) shape.push_back(kept.shape()[i]);
  return kept.reshape(shape);
}

}  // namespace

Tensor var(const Tensor& x, const Shape& dimensions, double correction, bool keepdim) {
  const Shape along = meant(x, dimensions, "var");
  const Tensor difference = x - mean(x, along, true);
  const Tensor squares = sum(difference * difference, along, true);
  const double count = static_cast<double>(x.elements()) / static_cast<double>(squares.elements());
  return finish(squares / std::max(count - correction, 0.0), along, keepdim);
}

Tensor stddev(const Tensor& x, const Shape& dimensions, double correction, bool keepdim) {
  return sqrt(var(x, dimensions, correction, keepdim));
}

// y = √Σ x²:  dx = dy x / y
Tensor norm(const Tensor& x, const Shape& dimensions, bool keepdim) {
  const Shape along = meant(x, dimensions, "norm");
  Tensor kept;
  {
    NoGradGuard guard;
    kept = sqrt(sum(x * x, along, true));
  }
  kept = record(kept, "LinalgVectorNormBackward0", {&x},
                [x = Saved(x), y = saved_output(kept)](const BackwardContext& c) -> Gradients {
                  const Tensor &size = c(y), zero = scalar(0, size.dtype());
                  return {c.gradient * where(size == 0, zero, c(x) / size)};
                });
  return finish(kept, along, keepdim);
}

// y = ln Σ eˣ:  dx = dy e^{x − y}
Tensor logsumexp(const Tensor& x, const Shape& dimensions, bool keepdim) {
  const Shape along = meant(x, dimensions, "logsumexp");
  Tensor kept;
  {
    NoGradGuard guard;
    Tensor largest = x;
    for (const std::int64_t d : along) largest = max(largest, static_cast<int>(d), true).values;
    // Infinite where all are −∞ or one is ∞: what is subtracted must be finite.
    largest = where(abs(largest) < HUGE_VAL, largest, scalar(0, x.dtype()));
    kept = log(sum(exp(x - largest), along, true)) + largest;
  }
  kept = record(kept, "LogsumexpBackward0", {&x},
                [x = Saved(x), y = saved_output(kept)](const BackwardContext& c) -> Gradients {
                  return {c.gradient * exp(c(x) - c(y))};
                });
  return finish(kept, along, keepdim);
}

Tensor Tensor::var(const Shape& dimensions, double correction, bool keepdim) const {
  return relume::var(*this, dimensions, correction, keepdim);
}
Tensor Tensor::norm(const Shape& dimensions, bool keepdim) const { return relume::norm(*this, dimensions, keepdim); }
Tensor Tensor::logsumexp(const Shape& dimensions, bool keepdim) const {
  return relume::logsumexp(*this, dimensions, keepdim);
}

}  // namespace relume
