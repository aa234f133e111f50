// Public. Bringing values to mean 0 and variance 1.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// (x − mean) / √(variance + epsilon) · weight + bias over the last dimensions, which have the shape of `weight`; mean
/// and variance (of the values themselves) are those of each slice. `weight` and `bias` may be undefined: 1 and 0; the
/// normalised shape is then that of the last dimension. float32 and float64. Ba, Kiros, Hinton, "Layer normalization",
/// 2016.
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon = 1e-5);

/// Mean and variance of each column of a batch, for the running averages.
struct BatchMoments {
  Tensor mean;
  Tensor variance;
};

/// (x − mean) / √(variance + epsilon) · weight + bias for each column of x [rows, columns], with the mean and the
/// variance (of the values themselves) of the batch, which `moments` is given. `weight` and `bias` [columns] may be
/// undefined. Throws ShapeError for a single row, whose variance is none. Ioffe, Szegedy, "Batch normalization", 2015.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon, BatchMoments& moments);

}  // namespace relume
