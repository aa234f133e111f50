// Functions of single elements that the library has no kernel for, computed in double or int64.
#pragma once

#include "python/core/core.h"

namespace relume::python {

using Reals = double (*)(double, double);
using Wholes = std::int64_t (*)(std::int64_t, std::int64_t);

/// f of each pair, broadcast: `real` for floating point, `whole` for integers and bool. No gradient.
Tensor zip(const char* name, const Tensor& a, const Tensor& b, Reals real, Wholes whole);

/// t = value in place, by the rules of relume/ops/assign.h; throws where shape or dtype do not fit.
void assign_result(const Tensor& t, const Tensor& value, const char* name);
/// t, or, where the write will be recorded, a copy: what the operation keeps of it is not written over.
Tensor before_write(const Tensor& t);

}  // namespace relume::python
