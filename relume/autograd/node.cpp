#include "relume/autograd/node.h"

#include <cctype>
#include <new>
#include <string_view>
#include <vector>

#include "relume/autograd/gradient_state.h"
#include "relume/base/require.h"
#include "relume/tensor/node_name.h"

namespace relume {
namespace {

// Nodes whose last reference is gone. A node frees its inputs' nodes, those theirs, and so on: a chain of 100,000 must
// not become 100,000 stack frames.
thread_local std::vector<Node*> doomed;
thread_local bool destroying = false;

}  // namespace

void Node::destroy(Node* node) {
  const auto end = [](Node* last) {
    const std::size_t bytes = last->block_bytes();
    last->~Node();
    pool::deallocate(last, bytes);
  };
  try {
    doomed.push_back(node);
  } catch (const std::bad_alloc&) {
    return end(node);  // deeper, but not left, and no exception out of a destructor
  }
  if (destroying) return;
  destroying = true;
  while (!doomed.empty()) {
    Node* next = doomed.back();
    doomed.pop_back();
    end(next);
  }
  destroying = false;
}

void Node::add_hook(Hook hook) {
  if (!hooks_) hooks_ = std::make_unique<std::vector<Hook>>();
  hooks_->push_back(std::move(hook));
}

Tensor after_hooks(const std::vector<Node::Hook>& hooks, Tensor gradient) {
  for (const Node::Hook& hook : hooks) {
    const Tensor replaced = hook(gradient);
    if (!replaced.defined()) continue;
    require<ShapeError>(replaced.shape() == gradient.shape(), "register_hook: a gradient of {} became one of {}",
                        gradient.shape(), replaced.shape());
    gradient = replaced;
  }
  return gradient;
}

void Node::add_input(const Tensor& input) {
  Edge& edge = edges_.emplace_back();
  if (!input.requires_grad()) return;
  if (Node* node = input.grad_fn())
    edge.node = IntrusivePtr<Node>(node);
  else
    edge.leaf = input;
}

const Tensor& Saved::get(const char* operation) const {
  require(!tensor_.defined() || tensor_.impl()->storage->version() == version_,
          "backward: a tensor that {} saved was written to in place afterwards; write to a clone() instead", operation);
  return tensor_;
}

void fail_released(const char* operation) {
  fail("backward: {} was walked already and has freed what it saved; pass retain_graph = true the first time",
       operation);
}

std::string node_name(const Node& node) {
  const std::string_view name = node.name();
  if (name.ends_with("Backward0") || name.ends_with("Backward1")) return std::string(name);
  // An activation's own name, "leaky_relu", becomes "LeakyReluBackward0".
  std::string camel;
  bool start = true;
  for (const char c : name) {
    if (c != '_') camel += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = c == '_';
  }
  return camel + "Backward0";
}

}  // namespace relume
