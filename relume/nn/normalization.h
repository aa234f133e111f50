// Layers that bring their inputs to mean 0 and variance 1.
#pragma once

#include <cstdint>

#include "relume/nn/module.h"

namespace relume::nn {

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< of a new batch in the running averages
  bool affine = true;     ///< with a learned weight and bias for each feature
  DType dtype = DType::float32;
};

/// In training each feature of x [n, features] or [n, features, length] is normalised over the batch, and running
/// averages are kept of mean and variance (the unbiased one); in evaluation these are used. Then y = x̂ w + b.
/// As torch.nn.BatchNorm1d. Ioffe, Szegedy, "Batch normalization", 2015.
class BatchNorm1d : public Module {
 public:
  explicit BatchNorm1d(std::int64_t features, const BatchNormOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  double epsilon() const { return epsilon_; }
  double momentum() const { return momentum_; }

  Tensor weight;  ///< undefined where it is not affine
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
  Tensor num_batches_tracked;  ///< int64, one value

 private:
  Tensor normalized(const Tensor& rows);

  std::int64_t features_;
  double epsilon_;
  double momentum_;
};

struct LayerNormOptions {
  double epsilon = 1e-5;
  bool affine = true;
  DType dtype = DType::float32;
};

/// Each slice over the last dimensions, of the given shape, is normalised by itself: y = x̂ w + b.
/// As torch.nn.LayerNorm. Ba, Kiros, Hinton, "Layer normalization", 2016.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t features, const LayerNormOptions& options = {})
      : LayerNorm(Shape{features}, options) {}
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  const Shape& normalized_shape() const { return shape_; }
  double epsilon() const { return epsilon_; }

  Tensor weight;  ///< undefined where it is not affine
  Tensor bias;

 private:
  Shape shape_;
  double epsilon_;
};

}  // namespace relume::nn
