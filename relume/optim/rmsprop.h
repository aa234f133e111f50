// RMSprop.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct RmspropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
};

/// s = α s + (1 − α) g²,  v = μ v + g / (√s + ε),  w −= lr v. As torch.optim.RMSprop. Tieleman, Hinton, 2012.
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(std::vector<Tensor> parameters, const RmspropOptions& options = {});

 private:
  void update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t step,
              std::vector<Tensor>& buffers) override;
  RmspropOptions options_;
};

}  // namespace relume::optim
