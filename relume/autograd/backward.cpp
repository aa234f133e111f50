// backward(): gradients flow from a tensor to the leaves, each node visited once, all its gradients summed before.
#include <vector>

#include "relume/autograd/gradient_state.h"
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/tensor/in_place.h"

namespace relume {
namespace {

/// Whether nobody else sees this memory, so that it may be kept or written to.
bool owned_alone(const Tensor& t) {
  return t.impl()->use_count() == 1 && t.impl()->storage->use_count() == 1 && t.is_contiguous();
}

void add_in_place(const Tensor& sum, const Tensor& more) {
  const Tensor addend = more.contiguous();
  if (sum.dtype() == DType::float32 || sum.dtype() == DType::float64) {
    kernels::add_scaled(sum.dtype(), 1, addend.raw_data(), sum.raw_data(), sum.elements());
  } else {
    kernels::binary(kernels::Binary::add, sum.dtype(), sum.raw_data(), 1, addend.raw_data(), 1, sum.raw_data(),
                    sum.elements());
  }
}

/// target += gradient, without a copy where the gradient is nobody else's.
void accumulate(Tensor& target, Tensor&& gradient) {
  if (!target.defined()) {
    target = std::move(gradient);
    return;
  }
  if (!owned_alone(target)) target = target.clone();
  add_in_place(target, gradient);
}

void accumulate_into_leaf(const Tensor& leaf, Tensor&& gradient) {
  require<ShapeError>(gradient.shape() == leaf.shape(), "backward: a gradient of {} came to a leaf of {}",
                      gradient.shape(), leaf.shape());
  Tensor& grad = gradient_state(leaf).grad;
  if (grad.defined() && !grad.is_contiguous()) grad = grad.clone();
  if (grad.defined()) {  // the user may hold it: it changes under his handle, as in PyTorch
    grad.impl()->storage->bump_version();
    add_in_place(grad, gradient);
  } else {
    grad = owned_alone(gradient) ? std::move(gradient) : copy_of(gradient, gradient.dtype());
  }
}

std::uint64_t next_pass() {
  static std::atomic<std::uint64_t> counter{0};
  return ++counter;
}

}  // namespace

class BackwardPass {
 public:
  explicit BackwardPass(bool retain_graph) : retain_graph_(retain_graph) {}

  void run(Node* root, const Tensor& gradient) {
    count_uses(root);
    root->gradient_ = gradient;
    ready_.emplace_back(root);
    while (!ready_.empty()) {
      const IntrusivePtr<Node> node = std::move(ready_.back());
      ready_.pop_back();
      visit(*node);
    }
  }

 private:
  /// How many gradients each node below the root will be given.
  void count_uses(Node* root) {
    root->pass_ = pass_;
    root->waiting_for_ = 0;
    std::vector<Node*> stack{root};
    while (!stack.empty()) {
      Node* node = stack.back();
      stack.pop_back();
      for (const Edge& edge : node->edges_) {
        Node* next = edge.node.get();
        if (!next) continue;
        if (next->pass_ != pass_) {
          next->pass_ = pass_;
          next->waiting_for_ = 0;
          next->gradient_ = Tensor();
          stack.push_back(next);
        }
        ++next->waiting_for_;
      }
    }
  }

  void visit(Node& node) {
    const Tensor gradient = std::move(node.gradient_);
    node.gradient_ = Tensor();
    Gradients gradients;
    if (gradient.defined()) {
      gradients = node.backward(gradient);
      if (!retain_graph_) node.release_saved();
    }
    for (std::size_t i = 0; i < node.edges_.size(); ++i) {
      const Edge& edge = node.edges_[i];
      const bool has_gradient = i < gradients.size() && gradients[i].defined();
      if (edge.node) {
        if (has_gradient) accumulate(edge.node->gradient_, std::move(gradients[i]));
        if (--edge.node->waiting_for_ == 0) ready_.push_back(edge.node);
      } else if (edge.leaf.defined() && has_gradient) {
        accumulate_into_leaf(edge.leaf, std::move(gradients[i]));
      }
    }
  }

  bool retain_graph_;
  std::uint64_t pass_ = next_pass();
  std::vector<IntrusivePtr<Node>> ready_;
};

void Tensor::backward(const Tensor& gradient, bool retain_graph) const {
  require(requires_grad(), "backward: the tensor does not require a gradient, nor does anything that it came from");
  require(gradient.defined() || elements() == 1, "backward: a tensor of {} needs a gradient to start from", shape());
  NoGradGuard guard;
  Tensor start = gradient.defined() ? gradient : full(shape(), 1, dtype());
  require<DTypeError>(start.dtype() == dtype(),
                      "backward: a gradient of {} does not fit a tensor of {}; convert it with to()",
                      name(start.dtype()), name(dtype()));
  require<ShapeError>(start.shape() == shape(), "backward: a gradient of {} does not fit a tensor of {}", start.shape(),
                      shape());
  if (Node* node = grad_fn())
    BackwardPass(retain_graph).run(node, start);
  else
    accumulate_into_leaf(*this, std::move(start));
}

}  // namespace relume
