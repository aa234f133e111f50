// Private. The rules of writing into a tensor that exists.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// Whether operations are being recorded on this thread. Defined in autograd/grad_mode.cpp.
bool records_gradients();

/// Throws ValueError where an in-place write would be lost to the graph; otherwise marks the memory as changed.
void check_in_place(const Tensor& t, const char* operation);

/// A row-major copy in that dtype, outside of the graph.
Tensor copy_of(const Tensor& t, DType dtype);

/// Whether no other tensor lies in the tensor's memory: no view, and nothing that was saved for backward().
inline bool shares_no_memory(const Tensor& t) { return t.impl()->storage->use_count() == 1; }

/// Whether nobody but this handle sees the tensor's memory, so that it may be kept or written to.
inline bool owned_alone(const Tensor& t) {
  return t.impl()->use_count() == 1 && shares_no_memory(t) && t.is_contiguous();
}

}  // namespace relume
