// Public. Adam and AdamW.
#pragma once

#include "relume/kernels/optimizer.h"
#include "relume/optim/optimizer.h"

namespace relume::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;   ///< Adam: added to the gradient (L2); AdamW: taken off the weight itself
  bool epsilon_hat = false;  ///< ε is added before the bias correction: the paper's ε̂, and scikit-learn's
  bool amsgrad = false;   ///< divides by the largest ŝ so far: Reddi, Kale, Kumar, "On the convergence of Adam", 2018
  bool maximize = false;  ///< up the gradient

  static constexpr auto fields() {
    return std::to_array<Field<AdamOptions>>({{"lr", &AdamOptions::lr},
                                              {"betas", &AdamOptions::beta1, &AdamOptions::beta2},
                                              {"eps", &AdamOptions::epsilon},
                                              {"weight_decay", &AdamOptions::weight_decay},
                                              {"amsgrad", &AdamOptions::amsgrad},
                                              {"maximize", &AdamOptions::maximize},
                                              {"eps_hat", &AdamOptions::epsilon_hat}});
  }
};

/// m = β₁ m + (1 − β₁) g,  s = β₂ s + (1 − β₂) g²,  w −= lr m̂ / (√ŝ + ε) with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ);
/// with epsilon_hat w −= lr √(1 − β₂ᵗ) m̂ / (√s + ε).
/// As torch.optim.Adam. Kingma, Ba, "Adam: a method for stochastic optimization", 2015.
class Adam : public OptimizerWith<AdamOptions> {
 public:
  static constexpr OptimizerInfo info{
      .name = "adam",
      .type = "Adam",
      .formula =
          "m and s are running means of g and g²;  w -= lr m̂ / (√ŝ + eps); with eps_hat eps is added before the "
          "bias correction, as in scikit-learn",
      .buffers = {{{"mean", "exp_avg"}, {"square", "exp_avg_sq"}, {"largest", "max_exp_avg_sq"}}}};

  explicit Adam(std::vector<Tensor> parameters, const AdamOptions& options = {})
      : Adam(Groups{{std::move(parameters), options}}) {}
  explicit Adam(const std::vector<ParameterGroup<AdamOptions>>& groups) : Adam(info, groups, false) {}

 protected:
  Adam(const OptimizerInfo& facts, const Groups& groups, bool decoupled);

 private:
  /// baseᵗ, computed once for all parameters of a step, and from one step to the next by one multiplication. What it is
  /// depends on t alone, not on the step that it began with.
  class Power {
   public:
    double operator()(double base, std::int64_t exponent);

   private:
    double base_ = 1, value_ = 1;
    std::int64_t exponent_ = 0;
  };
  /// What is the same for all parameters of a step.
  struct Step {
    std::int64_t step = 0;
    double lr = 0;
    std::size_t group = 0;
    kernels::AdamStep values{};
  };
  const kernels::AdamStep& step_of(const Update& u);
  void update(const Update& u) override;
  void options_changed() override { last_ = {}; }
  bool decoupled_;
  Power power1_, power2_;
  Step last_;
};

/// Adam whose weight decay does not pass through the moments: w −= lr λ w, then Adam's step.
/// As torch.optim.AdamW. Loshchilov, Hutter, "Decoupled weight decay regularization", 2019.
class AdamW : public Adam {
 public:
  static constexpr OptimizerInfo info{
      .name = "adamw",
      .type = "AdamW",
      .formula = "Adam whose weight decay does not pass through the moments: w -= lr weight_decay w first",
      .buffers = Adam::info.buffers,
      .weight_decay = 0.1,
      .takes_decay_off_weights = true};
  static AdamOptions defaults() { return {.weight_decay = 0.01}; }

  explicit AdamW(std::vector<Tensor> parameters, const AdamOptions& options = defaults())
      : AdamW(Groups{{std::move(parameters), options}}) {}
  explicit AdamW(const std::vector<ParameterGroup<AdamOptions>>& groups) : Adam(info, groups, true) {}
};

}  // namespace relume::optim
