// Public. Layers that bring their inputs to mean 0 and variance 1.
#pragma once

#include <cstdint>

#include "relume/nn/module.h"

namespace relume::nn {

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;    ///< of a new batch in the running averages
  bool affine = true;       ///< with a learned weight and bias for each feature
  bool cumulative = false;  ///< the running averages are the means of all batches so far: PyTorch's momentum=None
  bool bias = true;         ///< with the learned bias, where it is affine
  bool track = true;        ///< without running averages evaluation uses the batch's: track_running_stats
  DType dtype = DType::float32;
};

/// In training each feature of x [n, features] or [n, features, length] is normalised over the batch, and running
/// averages are kept of mean and variance (the unbiased one); in evaluation these are used. Then y = x̂ w + b.
/// As torch.nn.BatchNorm1d. Ioffe, Szegedy, "Batch normalization", 2015.
class BatchNorm1d : public Module {
 public:
  explicit BatchNorm1d(std::int64_t features, const BatchNormOptions& options = {});
  static constexpr const char* word = "batchnorm";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  static LayerSize size_of_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  const BatchNormOptions& options() const { return options_; }
  double epsilon() const { return options_.epsilon; }
  double momentum() const { return options_.momentum; }
  std::int64_t features() const { return features_; }

  Tensor weight;  ///< undefined where it is not affine
  Tensor bias;
  Tensor running_mean;  ///< undefined, as the next two, where they are not tracked
  Tensor running_var;
  Tensor num_batches_tracked;  ///< int64, one value

 private:
  Tensor normalized(const Tensor& rows);
  void follow(const Tensor& mean, const Tensor& variance, std::int64_t rows);

  std::int64_t features_;
  BatchNormOptions options_;
};

struct LayerNormOptions {
  double epsilon = 1e-5;
  bool affine = true;  ///< with a learned weight
  bool bias = true;    ///< and a learned bias, where it is affine
  DType dtype = DType::float32;
};

/// Each slice over the last dimensions, of the given shape, is normalised by itself: y = x̂ w + b.
/// As torch.nn.LayerNorm. Ba, Kiros, Hinton, "Layer normalization", 2016.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t features, const LayerNormOptions& options = {})
      : LayerNorm(Shape{features}, options) {}
  static constexpr const char* word = "layernorm";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  static LayerSize size_of_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  const Shape& normalized_shape() const { return shape_; }
  double epsilon() const { return epsilon_; }

  Tensor weight;  ///< undefined where it is not affine
  Tensor bias;    ///< undefined where there is none

 private:
  Shape shape_;
  double epsilon_;
};

}  // namespace relume::nn
