// A tensor's memory by Python's buffer protocol: memoryview(tensor).
#pragma once

#include "python/core/core.h"

namespace relume::python {

/// The slots that the type of tensors gets. The buffer raises BufferError for bfloat16, which the protocol does not
/// have, and for a tensor that requires a gradient.
extern PyType_Slot buffer_slots[];

}  // namespace relume::python
