// t[…] and t[…] = v.
#pragma once

#include "python/core/core.h"

namespace relume::python {

/// t[index] by PyTorch's rules: ints, slices, None and ... give views; masks and tensors or lists of ints copies.
/// Throws IndexError where t has no such elements, TypeError for what is no index.
Tensor get_item(const Tensor& t, nb::handle index);

/// t[index] = value, converted and broadcast; recorded where gradients are.
void set_item(const Tensor& t, nb::handle index, nb::handle value);

/// x with values[i] added to its element places[i], counted in row-major order, as often as it is named.
Tensor add_at(const Tensor& x, const Tensor& places, const Tensor& values);

/// The places of all elements that are not 0: [count, dimensions].
Tensor nonzero(const Tensor& t);

}  // namespace relume::python
