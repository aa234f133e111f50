#include "relume/autograd/gradient_state.h"

#include <new>

#include "relume/base/require.h"
#include "relume/tensor/gradient_state.h"

namespace relume {

void destroy_gradient_state(GradientState* state) {
  state->~GradientState();
  pool::deallocate(state, sizeof(GradientState));
}

GradientState& gradient_state(const Tensor& t) {
  GradientState*& state = t.impl()->gradient_state;
  if (!state) state = new (pool::allocate(sizeof(GradientState))) GradientState;
  return *state;
}

Tensor& Tensor::requires_grad_(bool value) {
  require<DTypeError>(!value || is_floating(dtype()),
                      "requires_grad_: only floating-point tensors have gradients, not {}", name(dtype()));
  require(value || is_leaf(), "requires_grad_: only a leaf can stop requiring a gradient; use detach()");
  impl_->requires_grad = value;
  return *this;
}

bool Tensor::is_leaf() const { return !grad_fn(); }

Tensor Tensor::grad() const { return impl_->gradient_state ? impl_->gradient_state->grad : Tensor(); }

void Tensor::set_grad(const Tensor& gradient) const {
  require<ShapeError>(!gradient.defined() || gradient.shape() == shape(),
                      "set_grad: a gradient of {} does not fit a tensor of {}",
                      gradient.defined() ? gradient.shape() : Shape{}, shape());
  require<DTypeError>(!gradient.defined() || gradient.dtype() == dtype(),
                      "set_grad: a gradient of {} does not fit a tensor of {}; convert it with to()",
                      gradient.defined() ? name(gradient.dtype()) : "", name(dtype()));
  if (gradient.defined() || impl_->gradient_state) gradient_state(*this).grad = gradient;
}

Node* Tensor::grad_fn() const { return impl_->gradient_state ? impl_->gradient_state->grad_fn.get() : nullptr; }

void set_grad_fn(const Tensor& output, IntrusivePtr<Node> node) {
  gradient_state(output).grad_fn = std::move(node);
  output.impl()->requires_grad = true;
}

}  // namespace relume
