// Public. RMSprop.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct RmspropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;  ///< √(s − a²) in the place of √s, a the running mean of g: Graves, 2013
  bool maximize = false;  ///< up the gradient
};

/// s = α s + (1 − α) g²,  v = μ v + g / (√s + ε),  w −= lr v. As torch.optim.RMSprop. Tieleman, Hinton, 2012.
class RMSprop : public OptimizerWith<RmspropOptions> {
 public:
  explicit RMSprop(std::vector<Tensor> parameters, const RmspropOptions& options = {})
      : RMSprop(Groups{{std::move(parameters), options}}) {}
  explicit RMSprop(const std::vector<ParameterGroup<RmspropOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
