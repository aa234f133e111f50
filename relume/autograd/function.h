// Public. Operations of one's own, with a backward of one's own.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/autograd/node.h"

namespace relume {

/// What forward() hands to backward().
class FunctionContext {
 public:
  /// Reading one back throws where it was written to in place since.
  void save_for_backward(const std::vector<Tensor>& tensors) {
    // Outside of the graph, so that no cycle of references arises where the output itself is saved.
    for (const Tensor& t : tensors) saved_.emplace_back(t.detach());
  }
  std::size_t saved_count() const { return saved_.size(); }
  const Tensor& saved(std::size_t i) const { return saved_[i].get(name_); }
  /// In backward(): whether the gradient of the i-th tensor that apply() was given is wanted.
  bool needs(std::size_t i) const { return now_->needs(i); }

 private:
  template <class F>
  friend struct Function;

  const char* name_ = "";
  std::vector<Saved> saved_;
  const BackwardContext* now_ = nullptr;
};

/// An operation with a gradient of its own, as torch.autograd.Function:
///
///   struct Square : Function<Square> {
///     static constexpr const char* name = "SquareBackward0";
///     static Tensor forward(FunctionContext& c, const Tensor& x) { c.save_for_backward({x}); return x * x; }
///     static Gradients backward(FunctionContext& c, const Tensor& dy) { return {dy * c.saved(0) * 2}; }
///   };
///   Tensor y = Square::apply(x);
///
/// forward() takes the arguments of apply(), of which some may be other than tensors; backward() gives one gradient for
/// each tensor among them, in their order (undefined: none).
template <class F>
struct Function {
  template <class... Arguments>
  static Tensor apply(const Arguments&... arguments) {
    auto context = std::make_shared<FunctionContext>();
    context->name_ = F::name;
    std::vector<Tensor> tensors;
    const auto collect = [&](const auto& argument) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(argument)>, Tensor>) tensors.push_back(argument);
    };
    (collect(arguments), ...);
    Tensor y;
    {
      NoGradGuard guard;
      y = F::forward(*context, arguments...);
    }
    for (const Tensor& t : tensors)
      if (y.same_as(t)) y = y.detach();
    return record(y, F::name, tensors, [context](const BackwardContext& c) -> Gradients {
      context->now_ = &c;
      return F::backward(*context, c.gradient);
    });
  }
};

}  // namespace relume
