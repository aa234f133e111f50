// Private. A row times a matrix where most of the row is 0.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// y[c] += Σ_j x[j] rows[j, c] over those j at which x is not 0; rows is [n, width], as a layer's weights lie when they
/// are transposed: one row for each of its inputs. What belongs to a 0 is not read, where a product reads all of it.
/// For one row of input, as in inference, where reading the weights is what takes the time; one thread.
void add_active_rows(const float* x, std::int64_t n, const float* rows, std::int64_t width, float* y);

}  // namespace relume::kernels
