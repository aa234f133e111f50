// Compiled for size.
#include "relume/ops/assign.h"

#include "relume/autograd/gradient_state.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/tensor/in_place.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

const Tensor* whole_of(const Tensor& t) {
  const GradientState* state = t.impl()->gradient_state;
  return state && state->part_of.defined() ? &state->part_of : nullptr;
}

/// The tensor as it is written to, outside of the graph.
void write(const Tensor& t, const Tensor& value) {
  const NoGradGuard guard;
  Tensor(t).copy_(value);
}

/// Where in a contiguous `whole` its part lies: a view of the same shape and place in another tensor of whole's shape.
struct Region {
  Shape shape, strides;
  std::int64_t offset;

  Tensor of(const Tensor& whole) const {
    const auto start = (whole.impl()->data - whole.impl()->storage->data()) / std::ptrdiff_t(size_of(whole.dtype()));
    return Tensor(TensorImpl::create(whole.impl()->storage, whole.dtype(), shape, strides, start + offset));
  }
};

/// `whole` takes over the history of a part that was written to:  d(before) = dy, 0 in the part;  d(part) = dy there
void follow(const Tensor& whole, const Tensor& part) {
  const auto size = static_cast<std::ptrdiff_t>(size_of(whole.dtype()));
  const Region region{part.shape(), part.strides(), (part.impl()->data - whole.impl()->data) / size};
  const Tensor after =
      record(whole.detach(), "CopySlicesBackward0", {&whole, &part}, [region](const BackwardContext& c) -> Gradients {
        Tensor before;
        if (c.needs(0)) {
          before = c.gradient.clone();
          region.of(before).zero_();
        }
        return {before, c.needs(1) ? region.of(c.gradient.contiguous()).clone() : Tensor()};
      });
  set_grad_fn(whole, IntrusivePtr<Node>(after.grad_fn()));
  if (const Tensor* larger = whole_of(whole)) follow(*larger, whole);
}

}  // namespace

void set_part_of(const Tensor& view, const Tensor& whole) { gradient_state(view).part_of = whole; }

void check_assign(const Tensor& t, bool value_requires_grad, const char* operation) {
  for (int d = 0; d < t.dimensions(); ++d)
    require(t.strides()[d] != 0 || t.shape()[d] < 2,
            "{}: several elements of the tensor lie in one place; write to a clone()", operation);
  bool recorded = value_requires_grad && is_floating(t.dtype());
  for (const Tensor* at = &t; at; at = whole_of(*at)) recorded = recorded || at->requires_grad();
  if (!grad_enabled() || !recorded) return;
  std::int64_t known = 0;
  for (const Tensor* at = &t; at; at = whole_of(*at), ++known) {
    require(
        !at->requires_grad() || !at->is_leaf(),
        "{}: a leaf that requires a gradient is not written to in place while gradients are recorded; use no_grad()",
        operation);
    require(at == &t || at->is_contiguous(),
            "{}: a part of a tensor whose elements do not lie in order; write to a clone()", operation);
  }
  require(
      t.impl()->storage->use_count() <= known,
      "{}: other tensors share this memory, and their gradients would not know of it; write to a clone(), or to the "
      "whole tensor",
      operation);
}

void assign(const Tensor& t, const Tensor& value, const char* operation) {
  const Tensor fitting = value.to(t.dtype());
  check_assign(t, fitting.requires_grad(), operation);
  const Tensor* whole = whole_of(t);
  if (!grad_enabled() || !(t.requires_grad() || fitting.requires_grad())) {
    // What is written is a constant, which the whole's history must say where it has one.
    if (!grad_enabled() || !whole || !whole->requires_grad()) return write(t, fitting);
  }
  const Tensor spread = fitting.shape() == t.shape() ? fitting : fitting.expand(t.shape());
  const Tensor after =
      spread.requires_grad() && !spread.is_leaf()
          ? spread
          : record(spread.detach(), "CopyBackward0", {&t, &spread}, [](const BackwardContext& c) -> Gradients {
              return {c.needs(0) ? zeros_like(c.gradient) : Tensor(), c.needs(1) ? c.gradient : Tensor()};
            });
  const IntrusivePtr<Node> node(after.grad_fn());
  write(t, after);
  if (node) set_grad_fn(t, node);
  if (whole) follow(*whole, t);
}

bool may_hold(DType target, DType value) {
  const auto kind = [](DType d) { return is_floating(d) ? 2 : is_integral(d) ? 1 : 0; };
  return kind(target) >= kind(value);
}

void assign_result(const Tensor& t, const Tensor& value, const char* operation) {
  require<ShapeError>(broadcast(t.shape(), value.shape(), operation) == t.shape(),
                      "{}: the result is {}, the tensor {}", operation, value.shape(), t.shape());
  require<DTypeError>(may_hold(t.dtype(), value.dtype()), "{}: the result is {}, which a tensor of {} does not hold",
                      operation, name(value.dtype()), name(t.dtype()));
  assign(t, value, operation);
}

Tensor before_write(const Tensor& t) { return grad_enabled() && t.requires_grad() ? t.clone() : t; }

}  // namespace relume
