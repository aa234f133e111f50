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

  static constexpr auto fields() {
    return std::to_array<Field<RmspropOptions>>({{"lr", &RmspropOptions::lr},
                                                 {"alpha", &RmspropOptions::alpha},
                                                 {"eps", &RmspropOptions::epsilon},
                                                 {"weight_decay", &RmspropOptions::weight_decay},
                                                 {"momentum", &RmspropOptions::momentum},
                                                 {"centered", &RmspropOptions::centered},
                                                 {"maximize", &RmspropOptions::maximize}});
  }
};

/// s = α s + (1 − α) g²,  v = μ v + g / (√s + ε),  w −= lr v. As torch.optim.RMSprop. Tieleman, Hinton, 2012.
class RMSprop : public OptimizerWith<RmspropOptions> {
 public:
  static constexpr OptimizerInfo info{
      .name = "rmsprop",
      .type = "RMSprop",
      .formula =
          "s is a running mean of g²;  v = momentum v + g / (√s + eps);  w -= lr v; with centered the square of "
          "the running mean of g is taken off s",
      .buffers = {{{"square", "square_avg"}, {"velocity", "momentum_buffer"}, {"average", "grad_avg"}}}};

  explicit RMSprop(std::vector<Tensor> parameters, const RmspropOptions& options = {})
      : RMSprop(Groups{{std::move(parameters), options}}) {}
  explicit RMSprop(const std::vector<ParameterGroup<RmspropOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
