// Public. Gradients that go to somebody else than grad(), as soon as they are known.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// Is given the elements [first, first + count) of a gradient, in row-major order and of the leaf's type.
using TakePart = FunctionRef<void(const void* values, std::int64_t first, std::int64_t count)>;

/// Makes a gradient in parts, which come once each, maybe on several threads at a time: a part is still in the nearest
/// caches when it is taken, and no memory is needed for the whole.
using MakeGradient = FunctionRef<void(TakePart take)>;

/// Somebody who takes the gradients of leaves in place of their grad().
class LeafReceiver {
 public:
  /// Takes the gradient, or returns false and leaves it to grad(). The leaf may be written to: the rest of the backward
  /// pass has no use for it.
  virtual bool take(const Tensor& leaf, MakeGradient make) = 0;

 protected:
  ~LeafReceiver() = default;
};

/// output.backward(), but a leaf that the graph uses once, without hooks, without a gradient from before and with its
/// memory to itself is offered to the receiver as soon as its gradient is known. All others get their grad() as ever.
void backward_into(const Tensor& output, LeafReceiver& receiver);

}  // namespace relume
