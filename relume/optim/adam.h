// Adam and AdamW.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< Adam: added to the gradient (L2); AdamW: taken off the weight itself
};

/// m = β₁ m + (1 − β₁) g,  s = β₂ s + (1 − β₂) g²,  w −= lr m̂ / (√ŝ + ε) with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ).
/// As torch.optim.Adam. Kingma, Ba, "Adam: a method for stochastic optimization", 2015.
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<Tensor> parameters, const AdamOptions& options = {});

 protected:
  Adam(const char* name, std::vector<Tensor> parameters, const AdamOptions& options, bool decoupled);

 private:
  void update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t step,
              std::vector<Tensor>& buffers) override;
  AdamOptions options_;
  bool decoupled_;
};

/// Adam whose weight decay does not pass through the moments: w −= lr λ w, then Adam's step.
/// As torch.optim.AdamW. Loshchilov, Hutter, "Decoupled weight decay regularization", 2019.
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> parameters, const AdamOptions& options = {.weight_decay = 0.01})
      : Adam("AdamW", std::move(parameters), options, true) {}
};

}  // namespace relume::optim
