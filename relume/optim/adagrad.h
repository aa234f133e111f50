// Public. Adagrad.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator = 0;
  double epsilon = 1e-10;
  bool maximize = false;  ///< up the gradient
};

/// s += g²,  w −= lr / (1 + (t − 1) lr_decay) g / (√s + ε). As torch.optim.Adagrad.
/// Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
class Adagrad : public OptimizerWith<AdagradOptions> {
 public:
  explicit Adagrad(std::vector<Tensor> parameters, const AdagradOptions& options = {})
      : Adagrad(Groups{{std::move(parameters), options}}) {}
  explicit Adagrad(const std::vector<ParameterGroup<AdagradOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
