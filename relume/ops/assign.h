// Public. Writing into a tensor that exists, as an operation of the graph.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// Says of `view`, which was made from `whole`, that writing into it is writing into `whole`: assign() lets the history
/// of both follow.
void set_part_of(const Tensor& view, const Tensor& whole);

/// Throws ValueError where assign() of a value that requires a gradient, or does not, would be refused. For what costs
/// something before it.
void check_assign(const Tensor& t, bool value_requires_grad, const char* operation);

/// t = value, in t's memory: `value`, a new tensor, is broadcast and converted. While gradients are recorded t takes
/// over the value's history, and what t was before gets no more gradient than the value gives it. Throws ValueError
/// where that cannot be told to all who look onto the memory: for a leaf that requires a gradient and for views of one,
/// and where other tensors share the memory.
void assign(const Tensor& t, const Tensor& value, const char* operation);

/// Whether values of one dtype may be written over those of another: floating point goes to no integers, numbers to no
/// bool.
bool may_hold(DType target, DType value);
/// assign() for what computes with t: throws ShapeError or DTypeError where t does not hold the result.
void assign_result(const Tensor& t, const Tensor& value, const char* operation);
/// t, or, where the write will be recorded, a copy: what the operation keeps of it is not written over.
Tensor before_write(const Tensor& t);

}  // namespace relume
