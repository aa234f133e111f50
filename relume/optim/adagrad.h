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

  static constexpr auto fields() {
    return std::to_array<Field<AdagradOptions>>({{"lr", &AdagradOptions::lr},
                                                 {"lr_decay", &AdagradOptions::lr_decay},
                                                 {"weight_decay", &AdagradOptions::weight_decay},
                                                 {"initial_accumulator_value", &AdagradOptions::initial_accumulator},
                                                 {"eps", &AdagradOptions::epsilon},
                                                 {"maximize", &AdagradOptions::maximize}});
  }
};

/// s += g²,  w −= lr / (1 + (t − 1) lr_decay) g / (√s + ε). As torch.optim.Adagrad.
/// Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
class Adagrad : public OptimizerWith<AdagradOptions> {
 public:
  static constexpr OptimizerInfo info{.name = "adagrad",
                                      .type = "Adagrad",
                                      .formula = "s += g²;  w -= lr / (1 + (t - 1) lr_decay) g / (√s + eps)",
                                      .buffers = {{{"sum", "sum"}}},
                                      .lr = 0.02};

  explicit Adagrad(std::vector<Tensor> parameters, const AdagradOptions& options = {})
      : Adagrad(Groups{{std::move(parameters), options}}) {}
  explicit Adagrad(const std::vector<ParameterGroup<AdagradOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
