// Functions of single elements that the library has no kernel for, computed in double or int64.
#pragma once

#include "python/core/core.h"

namespace relume::python {

using Reals = double (*)(double, double);
using Wholes = std::int64_t (*)(std::int64_t, std::int64_t);

/// f of each pair, broadcast: `real` for floating point, `whole` for integers and bool. No gradient.
Tensor zip(const char* name, const Tensor& a, const Tensor& b, Reals real, Wholes whole);

}  // namespace relume::python
