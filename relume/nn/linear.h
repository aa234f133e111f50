// Public. The fully connected layer.
#pragma once

#include <cstdint>

#include "relume/activation/activation.h"
#include "relume/base/rng.h"
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
  /// With weights drawn to fit the activation after it (nn/init.h) and biases of 0.
  static std::shared_ptr<Linear> fitting(std::int64_t in_features, std::int64_t out_features, const Activation& after,
                                         Rng& rng);
  static constexpr const char* word = "linear";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  static LayerSize size_of_word(const LayerPlace& place);

  Tensor forward(const Tensor& x) override;
  /// f(x Wᵀ + b), done in one pass.
  Tensor forward_with(const Tensor& x, const Activation& f) const;
  std::string describe() const override;
  using Module::as_linear;
  const Linear* as_linear() const override { return this; }
  std::int64_t features_out(std::int64_t /*features_in*/) const override { return out_features(); }

  std::int64_t in_features() const { return weight.size(1); }
  std::int64_t out_features() const { return weight.size(0); }

  Tensor weight;
  Tensor bias;  ///< undefined where the layer has none
};

}  // namespace relume::nn
