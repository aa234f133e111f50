// Public. NAdam.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;         ///< ψ: how fast μ grows from β₁/2 to β₁
  bool decoupled_weight_decay = false;  ///< taken off the weight itself, as AdamW does, not added to the gradient
  bool maximize = false;                ///< up the gradient

  static constexpr auto fields() {
    return std::to_array<Field<NAdamOptions>>({{"lr", &NAdamOptions::lr},
                                               {"betas", &NAdamOptions::beta1, &NAdamOptions::beta2},
                                               {"eps", &NAdamOptions::epsilon},
                                               {"weight_decay", &NAdamOptions::weight_decay},
                                               {"momentum_decay", &NAdamOptions::momentum_decay},
                                               {"decoupled_weight_decay", &NAdamOptions::decoupled_weight_decay},
                                               {"maximize", &NAdamOptions::maximize}});
  }
};

/// Adam with Nesterov's momentum: μₜ = β₁ (1 − 0.96^{tψ}/2),
/// w −= lr ((1 − μₜ) g / (1 − Π μ) + μₜ₊₁ m / (1 − Π μ · μₜ₊₁)) / (√ŝ + ε), Π over the steps up to this one.
/// As torch.optim.NAdam. Dozat, "Incorporating Nesterov momentum into Adam", 2016.
class NAdam : public OptimizerWith<NAdamOptions> {
 public:
  static constexpr OptimizerInfo info{
      .name = "nadam",
      .type = "NAdam",
      .formula = "Adam with Nesterov's momentum, which grows from betas[0] / 2 to betas[0]",
      .buffers = {{{"mean", "exp_avg"}, {"square", "exp_avg_sq"}, {"product", "mu_product", true}}}};

  explicit NAdam(std::vector<Tensor> parameters, const NAdamOptions& options = {})
      : NAdam(Groups{{std::move(parameters), options}}) {}
  explicit NAdam(const std::vector<ParameterGroup<NAdamOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
