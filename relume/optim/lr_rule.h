// Public. The learning rate as a function of the step: PyTorch's schedules by their formulas.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace relume::optim {

/// The rate at step 0, 1, … for the rate that training began with.
using LrRule = std::function<double(double base, std::int64_t step)>;

/// base · γ^⌊step / every⌋. StepLR.
LrRule step_lr(std::int64_t every, double gamma = 0.1);
/// base · γ^(milestones that were reached). MultiStepLR.
LrRule multi_step_lr(std::vector<std::int64_t> milestones, double gamma = 0.1);
/// base · γ^step. ExponentialLR.
LrRule exponential_lr(double gamma);
/// base · a factor that goes from `from` to `to` in a straight line over `steps`, and stays there: warm-up. LinearLR.
LrRule linear_lr(double from, double to, std::int64_t steps);
/// lowest + (base − lowest)(1 + cos(π step / steps)) / 2. CosineAnnealingLR.
LrRule cosine_annealing_lr(std::int64_t steps, double lowest = 0);
/// The cosine again and again, over `first` steps, then `factor` times as many each time. CosineAnnealingWarmRestarts;
/// Loshchilov, Hutter, "SGDR", 2017.
LrRule cosine_warm_restarts_lr(std::int64_t first, std::int64_t factor = 1, double lowest = 0);

struct OneCycleOptions {
  double rising = 0.3;              ///< the share of the steps on the way up
  double div_factor = 25;           ///< begins at base / div_factor
  double final_div_factor = 10000;  ///< ends at the beginning's rate / final_div_factor
};
/// Up to `base` and down again along cosines, over `steps` in all. OneCycleLR, without its cycle of the momentum;
/// Smith, Topin, "Super-convergence", 2018.
LrRule one_cycle_lr(std::int64_t steps, const OneCycleOptions& options = {});

/// rules[i] from milestones[i − 1] on, which counts its steps from there. SequentialLR.
/// Throws ValueError unless there is one milestone fewer than rules, each larger than the one before.
LrRule sequential_lr(std::vector<LrRule> rules, std::vector<std::int64_t> milestones);
/// Each rule applied to what the one before it gives: factors multiply. ChainedScheduler.
LrRule chained_lr(std::vector<LrRule> rules);

}  // namespace relume::optim
