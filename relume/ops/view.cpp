// Views: other shapes and strides onto the same memory.
#include <algorithm>
#include <array>
#include <optional>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/tensor/dimension.h"
#include "relume/tensor/in_place.h"

namespace relume {
namespace {

/// A tensor of that shape and those strides onto x's memory, `offset` elements after x's first.
Tensor alias(const Tensor& x, const Shape& shape, const Shape& strides, std::int64_t offset = 0) {
  const auto size = static_cast<std::int64_t>(size_of(x.dtype()));
  const std::int64_t start = (x.impl()->data - x.impl()->storage->data()) / size;
  return Tensor(TensorImpl::create(x.impl()->storage, x.dtype(), shape, strides, start + offset));
}

/// `shape` with its −1 replaced by what the number of elements asks for.
Shape completed(const Tensor& x, const Shape& shape, const char* operation) {
  Shape result = shape;
  int open = -1;
  std::int64_t known = 1;
  for (int i = 0; i < shape.dimensions(); ++i) {
    if (shape[i] == -1) {
      require<ShapeError>(open < 0, "{}: {} leaves more than one size open", operation, shape);
      open = i;
    } else {
      require<ShapeError>(shape[i] >= 0, "{}: {} has a negative size", operation, shape);
      known *= shape[i];
    }
  }
  if (open >= 0 && known > 0 && x.elements() % known == 0) result[open] = x.elements() / known;
  require<ShapeError>(result.elements() == x.elements() && (open < 0 || known > 0),
                      "{}: {} elements of {} do not fill {}", operation, x.elements(), x.shape(), shape);
  return result;
}

/// Strides under which x's memory has that shape, where there are any.
std::optional<Shape> strides_for(const Tensor& x, const Shape& shape) {
  if (x.is_contiguous()) return row_major_strides(shape);
  Shape strides = shape;
  int from = x.dimensions() - 1, to = shape.dimensions() - 1;
  while (to >= 0) {
    if (shape[to] == 1) {
      strides[to--] = 1;
      continue;
    }
    while (from >= 0 && x.shape()[from] == 1) --from;
    if (from < 0) return std::nullopt;
    // A run of x's dimensions that lie in memory as one becomes a run of the result's.
    std::int64_t available = x.shape()[from], step = x.strides()[from];
    while (from > 0 && x.strides()[from - 1] == x.strides()[from] * x.shape()[from]) available *= x.shape()[--from];
    std::int64_t used = 1;
    while (to >= 0 && used * shape[to] <= available) {
      strides[to] = step * used;
      used *= shape[to--];
    }
    if (used != available) return std::nullopt;
    --from;
  }
  return strides;
}

Tensor reshape_as(const Tensor& x, const Shape& shape, const Shape& strides, const char* node) {
  return record(alias(x, shape, strides), node, {&x},
                [before = x.shape()](const BackwardContext& c) -> Gradients { return {c.gradient.reshape(before)}; });
}

}  // namespace

Tensor Tensor::view(const Shape& wanted) const {
  const Shape shape = completed(*this, wanted, "view");
  const std::optional<Shape> strides = strides_for(*this, shape);
  require<ShapeError>(strides.has_value(), "view: the strides {} of {} allow no view as {}; use reshape",
                      this->strides(), this->shape(), shape);
  return reshape_as(*this, shape, *strides, "ViewBackward0");
}

Tensor Tensor::reshape(const Shape& wanted) const {
  const Shape shape = completed(*this, wanted, "reshape");
  const std::optional<Shape> strides = strides_for(*this, shape);
  return strides ? reshape_as(*this, shape, *strides, "ViewBackward0") : contiguous().reshape(shape);
}

Tensor Tensor::permute(const Shape& order) const {
  require<ShapeError>(order.dimensions() == dimensions(), "permute: {} does not order the dimensions of {}", order,
                      shape());
  Shape sizes = order, steps = order, back = order;
  std::array<bool, Shape::max_dimensions> seen{};
  for (int i = 0; i < order.dimensions(); ++i) {
    const int from = checked_dimension(shape(), order[i], "permute");
    require(!seen[static_cast<std::size_t>(from)], "permute: {} names dimension {} twice", order, from);
    seen[static_cast<std::size_t>(from)] = true;
    sizes[i] = shape()[from];
    steps[i] = strides()[from];
    back[from] = i;
  }
  return record(alias(*this, sizes, steps), "PermuteBackward0", {this},
                [back](const BackwardContext& c) -> Gradients { return {c.gradient.permute(back)}; });
}

Tensor Tensor::transpose(int dimension0, int dimension1) const {
  const int a = checked_dimension(shape(), dimension0, "transpose"),
            b = checked_dimension(shape(), dimension1, "transpose");
  Shape sizes = shape(), steps = strides();
  std::swap(sizes[a], sizes[b]);
  std::swap(steps[a], steps[b]);
  return record(alias(*this, sizes, steps), "TransposeBackward0", {this},
                [a, b](const BackwardContext& c) -> Gradients { return {c.gradient.transpose(a, b)}; });
}

Tensor Tensor::t() const {
  require<ShapeError>(dimensions() == 2, "t: {} is no matrix; use transpose", shape());
  return transpose(0, 1);
}

Tensor Tensor::expand(const Shape& wanted) const {
  require<ShapeError>(wanted.dimensions() >= dimensions(), "expand: {} has fewer dimensions than {}", wanted, shape());
  Shape sizes = wanted, steps = wanted;
  const int offset = wanted.dimensions() - dimensions();
  for (int i = 0; i < wanted.dimensions(); ++i) {
    const bool present = i >= offset;
    if (wanted[i] == -1 && present) sizes[i] = shape()[i - offset];
    const bool same = present && shape()[i - offset] == sizes[i];
    require<ShapeError>(same || !present || shape()[i - offset] == 1, "expand: {} does not expand to {}", shape(),
                        wanted);
    steps[i] = same ? strides()[i - offset] : 0;
  }
  return record(alias(*this, sizes, steps), "ExpandBackward0", {this},
                [before = shape()](const BackwardContext& c) -> Gradients { return {sum_to(c.gradient, before)}; });
}

Tensor Tensor::select(int dimension, std::int64_t index) const {
  const int d = checked_dimension(shape(), dimension, "select");
  const std::int64_t at = index < 0 ? index + shape()[d] : index;
  require<IndexError>(at >= 0 && at < shape()[d], "select: index {} is out of range for dimension {} of size {}", index,
                      d, shape()[d]);
  Shape sizes = shape(), steps = strides();
  sizes.erase(d);
  steps.erase(d);
  return record(alias(*this, sizes, steps, at * strides()[d]), "SelectBackward0", {this},
                [before = shape(), d, at](const BackwardContext& c) -> Gradients {
                  Tensor dx = zeros(before, c.gradient.dtype());
                  dx.select(d, at).copy_(c.gradient);
                  return {dx};
                });
}

Tensor Tensor::slice(int dimension, std::int64_t begin, std::int64_t end, std::int64_t step) const {
  const int d = checked_dimension(shape(), dimension, "slice");
  require(step > 0, "slice: a step of {} is not positive", step);
  const std::int64_t size = shape()[d];
  const auto bounded = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  begin = bounded(begin);
  end = std::max(begin, bounded(end));
  Shape sizes = shape(), steps = strides();
  sizes[d] = (end - begin + step - 1) / step;
  steps[d] *= step;
  return record(alias(*this, sizes, steps, sizes[d] > 0 ? begin * strides()[d] : 0), "SliceBackward0", {this},
                [before = shape(), d, begin, end, step](const BackwardContext& c) -> Gradients {
                  Tensor dx = zeros(before, c.gradient.dtype());
                  dx.slice(d, begin, end, step).copy_(c.gradient);
                  return {dx};
                });
}

Tensor Tensor::squeeze(int dimension) const {
  const int d = checked_dimension(shape(), dimension, "squeeze");
  if (shape()[d] != 1) return *this;
  Shape sizes = shape(), steps = strides();
  sizes.erase(d);
  steps.erase(d);
  return reshape_as(*this, sizes, steps, "SqueezeBackward1");
}

Tensor Tensor::unsqueeze(int dimension) const {
  const int d = checked_dimension(shape(), dimension, "unsqueeze", 1);
  Shape sizes = shape(), steps = strides();
  steps.insert(d, d < dimensions() ? sizes[d] * steps[d] : 1);
  sizes.insert(d, 1);
  return reshape_as(*this, sizes, steps, "UnsqueezeBackward0");
}

Tensor Tensor::flatten(int from) const {
  const int d = dimensions() == 0 ? 0 : checked_dimension(shape(), from, "flatten");
  Shape sizes;
  for (int i = 0; i < d; ++i) sizes.push_back(shape()[i]);
  std::int64_t joined = 1;
  for (int i = d; i < dimensions(); ++i) joined *= shape()[i];
  sizes.push_back(joined);
  return reshape(sizes);
}

Tensor Tensor::detach() const { return alias(*this, shape(), strides()); }

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

// y = x:  dx = dy
Tensor Tensor::clone() const {
  return record(copy_of(*this, dtype()), "CloneBackward0", {this},
                [](const BackwardContext& c) -> Gradients { return {c.gradient}; });
}

Tensor Tensor::to(DType wanted) const {
  if (wanted == dtype()) return *this;
  Tensor y = copy_of(*this, wanted);
  if (!is_floating(wanted)) return y;
  return record(y, "ToCopyBackward0", {this},
                [before = dtype()](const BackwardContext& c) -> Gradients { return {c.gradient.to(before)}; });
}

}  // namespace relume
