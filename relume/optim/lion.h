// Public. Lion.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;  ///< taken off the weight itself
  bool maximize = false;    ///< up the gradient

  static constexpr auto fields() {
    return std::to_array<Field<LionOptions>>({{"lr", &LionOptions::lr},
                                              {"betas", &LionOptions::beta1, &LionOptions::beta2},
                                              {"weight_decay", &LionOptions::weight_decay},
                                              {"maximize", &LionOptions::maximize}});
  }
};

/// w −= lr (sign(β₁ m + (1 − β₁) g) + λ w),  then m = β₂ m + (1 − β₂) g: every weight moves by the rate.
/// Chen et al., "Symbolic discovery of optimization algorithms", 2023, who advise a rate 3 to 10 times smaller than
/// AdamW's, and a decay as much larger.
class Lion : public OptimizerWith<LionOptions> {
 public:
  static constexpr OptimizerInfo info{
      .name = "lion",
      .type = "Lion",
      .formula =
          "w -= lr (sign(betas[0] m + (1 - betas[0]) g) + weight_decay w), then m = betas[1] m + (1 - betas[1]) g",
      .buffers = {{{"mean", "exp_avg"}}},
      .lr = 2e-4,
      .weight_decay = 0.5,
      .takes_decay_off_weights = true};

  explicit Lion(std::vector<Tensor> parameters, const LionOptions& options = {})
      : Lion(Groups{{std::move(parameters), options}}) {}
  explicit Lion(const std::vector<ParameterGroup<LionOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
