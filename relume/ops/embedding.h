// Public. Rows of a table by their numbers: what words and categories become.
#pragma once

#include <cstdint>

#include "relume/tensor/tensor.h"

namespace relume {

/// weight[indices]: for int64 indices of any shape and a table [rows, width], [..., width]. The row `padding`, where it
/// is not negative, gets no gradient. Throws IndexError for an index that the table has no row for.
Tensor embedding(const Tensor& indices, const Tensor& weight, std::int64_t padding = -1);

enum class BagMode : std::uint8_t { sum, mean, max };

/// The sum, mean or elementwise largest of each bag of rows: [bags, width]. A bag is a row of two-dimensional indices,
/// or the part of one-dimensional ones from offsets[i] up to offsets[i + 1]; an empty one gives 0. As
/// torch.nn.functional.embedding_bag.
Tensor embedding_bag(const Tensor& indices, const Tensor& weight, BagMode mode = BagMode::mean,
                     const Tensor& offsets = Tensor());

}  // namespace relume
