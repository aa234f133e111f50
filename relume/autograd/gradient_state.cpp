#include "relume/autograd/gradient_state.h"

#include <new>
#include <utility>

#include "relume/base/require.h"
#include "relume/tensor/autograd_seam.h"

namespace relume {

void destroy_gradient_state(GradientState* state) {
  state->~GradientState();
  pool::deallocate(state, sizeof(GradientState));
}

void release_node(Node* node) { node->release(); }

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

Tensor Tensor::grad() const { return impl()->gradient_state ? impl()->gradient_state->grad : Tensor(); }

void Tensor::set_grad(const Tensor& gradient) const {
  require<ShapeError>(!gradient.defined() || gradient.shape() == shape(),
                      "set_grad: a gradient of {} does not fit a tensor of {}",
                      gradient.defined() ? gradient.shape() : Shape{}, shape());
  require<DTypeError>(!gradient.defined() || gradient.dtype() == dtype(),
                      "set_grad: a gradient of {} does not fit a tensor of {}; convert it with to()",
                      gradient.defined() ? name(gradient.dtype()) : "", name(dtype()));
  if (gradient.defined() || impl_->gradient_state) gradient_state(*this).grad = gradient;
}

void Tensor::register_hook(std::function<Tensor(const Tensor& gradient)> hook) const {
  require(requires_grad(), "register_hook: the tensor does not require a gradient");
  if (Node* node = grad_fn())
    node->add_hook(std::move(hook));
  else
    gradient_state(*this).hooks.push_back(std::move(hook));
}

void Tensor::set_data(const Tensor& data) const {
  require(is_leaf(), "set_data: the tensor is the result of an operation; assign to the handle instead");
  require<DTypeError>(!requires_grad() || is_floating(data.dtype()),
                      "set_data: {} has no gradients, which the tensor requires", name(data.dtype()));
  TensorImpl& own = *impl();
  const TensorImpl& other = *data.impl();
  own.set_storage(other.storage);
  own.data = other.data;
  own.elements = other.elements;
  own.shape = other.shape;
  own.strides = other.strides;
  own.dtype = other.dtype;
  own.contiguous = other.contiguous;
  set_grad(Tensor());
}

Node* Tensor::grad_fn() const { return impl()->grad_fn; }

void set_grad_fn(const Tensor& output, IntrusivePtr<Node> node) {
  TensorImpl& impl = *output.impl();
  Node* const before = std::exchange(impl.grad_fn, node.detach());
  if (before) release_node(before);
  impl.requires_grad = true;
}

}  // namespace relume
