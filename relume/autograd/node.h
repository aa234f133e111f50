// Public. The graph that backward() walks: one node an operation, made while it runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/autograd/grad_mode.h"
#include "relume/autograd/leaf_receiver.h"
#include "relume/base/pool.h"
#include "relume/base/small_vector.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// One gradient an input, in their order; undefined where the input needs none.
using Gradients = SmallVector<Tensor, 4>;

/// Where a gradient goes: on to the node that made the input, or into the leaf itself.
struct Edge {
  IntrusivePtr<Node> node;
  Tensor leaf;
  bool needed() const { return node || leaf.defined(); }
};

/// Bits that an operation keeps for backward(), where it does: bit j % 8 of byte j / 8 of a row says on which side of
/// the kinks the row's element j was. A row begins every `stride` bytes.
struct KeptBits {
  Tensor bits;
  std::int64_t stride = 0;
};

/// An operation that was recorded. Nodes hold what their inputs came from, never their own output.
class Node : public Counted<Node> {
 public:
  virtual ~Node() = default;
  /// The gradients of the inputs from the gradient of the output, but for those of leaves that `leaves` (or null) took.
  virtual Gradients backward(const Tensor& gradient, LeafReceiver* leaves) = 0;
  /// Frees what was saved for backward(); a later backward() throws.
  virtual void release_saved() = 0;
  /// What a monitor may read as well.
  virtual KeptBits kept_bits() const { return {}; }
  /// Bytes of the block that this object lies in.
  virtual std::size_t block_bytes() const = 0;
  static void destroy(Node* node);

  const char* name() const { return name_; }
  const SmallVector<Edge, 3>& edges() const { return edges_; }
  bool needs(std::size_t input) const { return edges_[input].needed(); }
  void add_input(const Tensor& input);
  void set_name(const char* name) { name_ = name; }

  /// See Tensor::register_hook().
  using Hook = std::function<Tensor(const Tensor& gradient)>;
  void add_hook(Hook hook);

 private:
  friend class BackwardPass;

  const char* name_ = "";
  SmallVector<Edge, 3> edges_;
  // Used by one backward pass at a time.
  std::uint64_t pass_ = 0;
  std::int64_t waiting_for_ = 0;
  Tensor gradient_;
  std::unique_ptr<std::vector<Hook>> hooks_;  // few nodes have any
};

/// The gradient that goes on after the hooks. Throws ShapeError where one changes its shape.
Tensor after_hooks(const std::vector<Node::Hook>& hooks, Tensor gradient);

/// A tensor kept for backward(). Reading it throws where it was written to in place since.
class Saved {
 public:
  Saved() = default;
  explicit Saved(Tensor t)
      : tensor_(std::move(t)), version_(tensor_.defined() ? tensor_.impl()->storage->version() : 0) {}
  const Tensor& get(const char* operation) const;

 private:
  Tensor tensor_;
  std::uint32_t version_ = 0;
};

/// What a backward formula is given: the output's gradient, and which inputs need one.
class BackwardContext {
 public:
  BackwardContext(const Node& node, const Tensor& output_gradient, LeafReceiver* leaves)
      : gradient(output_gradient), node_(node), leaves_(leaves) {}
  bool needs(std::size_t input) const { return node_.needs(input); }
  /// Offers an input's gradient in parts, which may change the input: its value is not to be read after. Where it is
  /// taken (true) the formula gives no gradient for this input.
  bool hand_over(std::size_t input, MakeGradient make) const {
    const Tensor& leaf = node_.edges()[input].leaf;
    return leaves_ && leaf.defined() && leaves_->take(leaf, make);
  }
  const Tensor& operator()(const Saved& saved) const { return saved.get(node_.name()); }

  const Tensor& gradient;

 private:
  const Node& node_;
  LeafReceiver* leaves_;
};

[[noreturn]] void fail_released(const char* operation);

/// A node whose backward is a callable (BackwardContext) → Gradients.
template <class F>
class FormulaNode final : public Node {
 public:
  template <class G>
  explicit FormulaNode(std::in_place_t, G&& formula) : formula_(std::forward<G>(formula)) {}
  Gradients backward(const Tensor& gradient, LeafReceiver* leaves) override {
    if (!formula_) fail_released(name());
    return (*formula_)(BackwardContext(*this, gradient, leaves));
  }
  void release_saved() override { formula_.reset(); }
  KeptBits kept_bits() const override {
    if constexpr (requires(const F& formula) { formula.kept_bits(); })
      return formula_ ? formula_->kept_bits() : KeptBits{};
    else
      return {};
  }
  std::size_t block_bytes() const override { return sizeof(FormulaNode); }

 private:
  std::optional<F> formula_;
};

/// Makes `node` the maker of `output`.
void set_grad_fn(const Tensor& output, IntrusivePtr<Node> node);

template <class F>
IntrusivePtr<Node> make_node(const char* name, F&& formula) {
  using Made = FormulaNode<std::remove_cvref_t<F>>;
  IntrusivePtr<Node> node =
      IntrusivePtr<Node>::to_new(new (pool::allocate(sizeof(Made))) Made(std::in_place, std::forward<F>(formula)));
  node->set_name(name);
  return node;
}

/// Records that `output` came from `inputs`, and how gradients flow back: formula(context) gives one gradient an input.
/// Does nothing where no input requires a gradient or nothing is recorded. Returns `output`.
/// `name` is PyTorch's: "MulBackward0". The formula must hold its tensors as Saved.
template <class F>
Tensor record(Tensor output, const char* name, std::initializer_list<const Tensor*> inputs, F&& formula) {
  if (!grad_enabled()) return output;
  bool needed = false;
  for (const Tensor* input : inputs) needed = needed || input->requires_grad();
  if (!needed) return output;
  IntrusivePtr<Node> node = make_node(name, std::forward<F>(formula));
  for (const Tensor* input : inputs) node->add_input(*input);
  set_grad_fn(output, std::move(node));
  return output;
}

/// The same for any number of inputs.
template <class F>
Tensor record(Tensor output, const char* name, const std::vector<Tensor>& inputs, F&& formula) {
  if (!grad_enabled()) return output;
  if (std::none_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.requires_grad(); })) return output;
  IntrusivePtr<Node> node = make_node(name, std::forward<F>(formula));
  for (const Tensor& input : inputs) node->add_input(input);
  set_grad_fn(output, std::move(node));
  return output;
}

/// The output of an operation saved by itself: outside of the graph, so that no cycle of references arises.
inline Saved saved_output(const Tensor& output) { return Saved(output.detach()); }

}  // namespace relume
