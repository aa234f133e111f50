// backward(): gradients flow from a tensor to the leaves, each node visited once, all its gradients summed before.
#include <algorithm>
#include <vector>

#include "relume/autograd/grad.h"
#include "relume/autograd/gradient_state.h"
#include "relume/base/flush_denormals.h"
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/tensor/in_place.h"

namespace relume {
namespace {

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

/// A tensor whose gradient is wanted, and what came to it.
struct Capture {
  Tensor tensor;
  Tensor gradient;
};

class BackwardPass final : private LeafReceiver {
 public:
  /// With `captures` gradients go there, otherwise into the leaves, or to the receiver.
  explicit BackwardPass(bool retain_graph, std::vector<Capture>* captures = nullptr, LeafReceiver* receiver = nullptr)
      : retain_graph_(retain_graph), captures_(captures), receiver_(receiver) {}

  /// The gradients of a loss that is all but 0 are soon below the normal numbers, with which products would take ten
  /// times as long.
  void run(const Tensor& output, Tensor&& gradient) {
    const FlushDenormals flush;
    if (Node* root = output.grad_fn()) {
      walk(root, std::move(gradient));
    } else {
      deliver(output, std::move(gradient));
    }
    for (Capture& c : hooked_) hand_over(c.tensor, after_hooks(gradient_state(c.tensor).hooks, std::move(c.gradient)));
  }

 private:
  void walk(Node* root, Tensor&& gradient) {
    count_uses(root);
    root->gradient_ = std::move(gradient);
    ready_.push_back(IntrusivePtr<Node>(root));
    while (!ready_.empty()) {
      const IntrusivePtr<Node> node = std::move(ready_.back());
      ready_.pop_back();
      visit(*node);
    }
  }

  /// Hands a leaf to the receiver where that changes nothing for the rest of the pass and for others.
  bool take(const Tensor& leaf, MakeGradient make) override {
    const GradientState& state = gradient_state(leaf);
    return state.pass == pass_ && state.uses == 1 && state.hooks.empty() && !state.grad.defined() &&
           shares_no_memory(leaf) && receiver_->take(leaf, make);
  }

  bool take_whole(const Tensor& leaf, const Tensor& gradient) {
    if (!receiver_ || gradient.dtype() != leaf.dtype() || gradient.shape() != leaf.shape()) return false;
    return take(leaf, [&](TakePart part) {
      const Tensor whole = gradient.contiguous();
      part(whole.raw_data(), 0, whole.elements());
    });
  }

  /// One share of a leaf's gradient. Hooks want the sum of all shares.
  void deliver(const Tensor& leaf, Tensor&& gradient) {
    if (take_whole(leaf, gradient)) return;
    if (gradient_state(leaf).hooks.empty()) return hand_over(leaf, std::move(gradient));
    const auto found =
        std::find_if(hooked_.begin(), hooked_.end(), [&](const Capture& c) { return c.tensor.same_as(leaf); });
    if (found != hooked_.end())
      accumulate(found->gradient, std::move(gradient));
    else
      hooked_.push_back({leaf, std::move(gradient)});
  }

  void hand_over(const Tensor& leaf, Tensor&& gradient) {
    if (!captures_) return accumulate_into_leaf(leaf, std::move(gradient));
    for (Capture& c : *captures_)
      if (c.tensor.same_as(leaf)) accumulate(c.gradient, Tensor(gradient));
  }

  void capture(const Node& node, const Tensor& gradient) const {
    if (!captures_) return;
    for (Capture& c : *captures_)
      if (c.tensor.grad_fn() == &node) c.gradient = gradient;
  }

  void count_use(const Tensor& leaf) const {
    GradientState& state = gradient_state(leaf);
    if (state.pass != pass_) state.uses = 0;
    state.pass = pass_;
    ++state.uses;
  }

  /// How many gradients each node below the root will be given, and each leaf where that matters.
  void count_uses(Node* root) {
    root->pass_ = pass_;
    root->waiting_for_ = 0;
    SmallVector<Node*, 8> stack{root};
    while (!stack.empty()) {
      Node* node = stack.back();
      stack.pop_back();
      for (const Edge& edge : node->edges_) {
        Node* next = edge.node.get();
        if (receiver_ && edge.leaf.defined()) count_use(edge.leaf);
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
    Tensor gradient = std::move(node.gradient_);
    if (!gradient.defined()) return pass_on(node, {});
    if (node.hooks_) gradient = after_hooks(*node.hooks_, std::move(gradient));
    capture(node, gradient);
    Gradients gradients = node.backward(gradient, receiver_ ? this : nullptr);
    if (!retain_graph_) node.release_saved();
    pass_on(node, std::move(gradients));
  }

  void pass_on(Node& node, Gradients&& gradients) {
    for (std::size_t i = 0; i < node.edges_.size(); ++i) {
      const Edge& edge = node.edges_[i];
      const bool has_gradient = i < gradients.size() && gradients[i].defined();
      if (edge.node) {
        if (has_gradient) accumulate(edge.node->gradient_, std::move(gradients[i]));
        if (--edge.node->waiting_for_ == 0) ready_.push_back(edge.node);
      } else if (edge.leaf.defined() && has_gradient) {
        deliver(edge.leaf, std::move(gradients[i]));
      }
    }
  }

  bool retain_graph_;
  std::vector<Capture>* captures_;
  LeafReceiver* receiver_;
  std::vector<Capture> hooked_;
  std::uint64_t pass_ = next_pass();
  SmallVector<IntrusivePtr<Node>, 4> ready_;
};

namespace {

/// What backward() of `output` starts with: the given gradient, or 1.
Tensor start_of(const char* operation, const Tensor& output, const Tensor& gradient) {
  require(output.requires_grad(), "{}: the tensor does not require a gradient, nor does anything that it came from",
          operation);
  require(gradient.defined() || output.elements() == 1, "{}: a tensor of {} needs a gradient to start from", operation,
          output.shape());
  if (!gradient.defined()) return full(output.shape(), 1, output.dtype());
  require<DTypeError>(gradient.dtype() == output.dtype(),
                      "{}: a gradient of {} does not fit a tensor of {}; convert it with to()", operation,
                      name(gradient.dtype()), name(output.dtype()));
  require<ShapeError>(gradient.shape() == output.shape(), "{}: a gradient of {} does not fit a tensor of {}", operation,
                      gradient.shape(), output.shape());
  return gradient;
}

}  // namespace

void Tensor::backward(const Tensor& gradient, bool retain_graph) const {
  NoGradGuard guard;
  BackwardPass(retain_graph).run(*this, start_of("backward", *this, gradient));
}

void backward_into(const Tensor& output, LeafReceiver& receiver) {
  NoGradGuard guard;
  BackwardPass(false, nullptr, &receiver).run(output, start_of("backward", output, Tensor()));
}

std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs, const Tensor& gradient,
                         bool retain_graph) {
  NoGradGuard guard;
  std::vector<Capture> captures;
  for (const Tensor& input : inputs) {
    require(input.requires_grad(), "grad: an input of {} does not require a gradient", input.shape());
    captures.push_back({input, Tensor()});
  }
  BackwardPass(retain_graph, &captures).run(output, start_of("grad", output, gradient));
  std::vector<Tensor> gradients;
  for (Capture& c : captures) gradients.push_back(std::move(c.gradient));
  return gradients;
}

}  // namespace relume
