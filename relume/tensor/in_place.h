// The rules of writing into a tensor that exists.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// Whether operations are being recorded on this thread. Defined in autograd/grad_mode.cpp.
bool records_gradients();

/// Throws ValueError where an in-place write would be lost to the graph; otherwise marks the memory as changed.
void check_in_place(const Tensor& t, const char* operation);

/// A row-major copy in that dtype, outside of the graph.
Tensor copy_of(const Tensor& t, DType dtype);

}  // namespace relume
