// NumPy arrays, through NumPy's own C interface: a call on a small array costs no more than making the result.
#pragma once

#include "python/core/core.h"
#include "relume/activation/activation.h"

namespace relume::python {

/// Readies NumPy's C interface; nothing below works before.
void import_numpy();

/// Of numpy.ndarray or of a class derived from it, which may hold more than numbers: a mask, a unit.
bool is_array(nb::handle object);
/// Of numpy.ndarray itself.
bool is_plain_array(nb::handle object);

/// f of a NumPy array, of the same shape, layout and dtype; integers become float64 where the activation has no integer
/// form. `out`, where it is not None, is written to and returned. Throws TypeError and ValueError. Long doubles are
/// computed in float64, which holds what does not change to its last bit; TypeError where it has not their range.
nb::object apply_to_array(const activation::Entry& entry, const double* parameters, nb::handle x, nb::handle out);

/// The same of a NumPy scalar, of the same type.
nb::object apply_to_scalar(const activation::Entry& entry, const double* parameters, nb::handle x);

/// numpy.asarray.
nb::object as_array(nb::handle object);

/// A tensor onto the array's memory, which it keeps alive. Other byte orders, unaligned and read-only memory and dtypes
/// that relume does not have (uint16 …) are copied, converted to the nearest that it has. Throws TypeError for numbers
/// beyond that one's range, and for masked elements. Where the tensor is not `written` to, read-only memory is taken as
/// it is.
Tensor tensor_onto(nb::handle array, bool written = true);

/// An array onto the tensor's memory, which it keeps alive. Throws TypeError for bfloat16, which NumPy does not have.
nb::object array_onto(const Tensor& tensor);

}  // namespace relume::python
