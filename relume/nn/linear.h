// Public. The fully connected layer.
#pragma once

#include <cstdint>

#include "relume/activation/activation.h"
#include "relume/nn/module.h"

namespace relume::nn {

struct LinearOptions {
  bool bias = true;
  DType dtype = DType::float32;
};

/// y = x Wᵀ + b for x [..., in_features], W [out_features, in_features], b [out_features].
/// Weights and bias start uniform in ±1/√in_features, as PyTorch's do; nn/init.h has other ways.
class Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});

  Tensor forward(const Tensor& x) override;
  /// f(x Wᵀ + b), done in one pass.
  Tensor forward_with(const Tensor& x, const Activation& f) const;
  std::string describe() const override;

  std::int64_t in_features() const { return weight.size(1); }
  std::int64_t out_features() const { return weight.size(0); }

  Tensor weight;
  Tensor bias;  ///< undefined where the layer has none
};

}  // namespace relume::nn
