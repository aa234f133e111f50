// Public. The numbers by which the rules judge.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace relume::health {

/// A share of a layer's units decides how grave their state is.
struct Grades {
  double warning = 0.1;
  double error = 0.5;
};

struct Thresholds {
  std::int64_t least_rows = 200;        ///< of a window; with fewer there is not enough evidence
  std::int64_t persistence = 3;         ///< checks in a row
  std::int64_t persistence_steps = 32;  ///< which these checks span; step_too_large does without
  Grades dead_share;                    ///< dead_units
  double near_dead_rate = 0.01;         ///< near_dead_units: fires on less than this share of the window
  double always_on_share = 0.5;         ///< always_on_layer: of the units
  double saturated_rate = 0.95;         ///< saturated_units: of the window
  double vanishing_ratio = 1e-3;        ///< vanishing_gradient: RMS of the first weight matrix over the last one's
  double exploding_factor = 100;  ///< exploding_gradient: norm over the median of the last `exploding_steps` steps
  std::int64_t exploding_steps = 200;
  double large_update = 0.1;          ///< step_too_large: ‖Δw‖ / ‖w‖
  double small_update = 1e-6;         ///< step_too_small: ‖Δw‖ / ‖w‖
  double scheduled_lr_share = 0.1;    ///< step_too_small: below this share of the full rate the schedule is the cause
  double learned_share = 0.01;        ///< of the first loss: below it there is nowhere left to go
  std::int64_t learning_steps = 300;  ///< loss_not_improving: no verdict before
  double least_improvement = 0.02;    ///< loss_not_improving: relative, against the start and against a constant answer
  double diverging_factor = 1.5;      ///< diverging: smoothed loss over the lowest one
  double diverging_share = 0.25;      ///< diverging: the rise, as a share of the first loss
  double overfitting_rise = 0.25;     ///< overfitting: validation loss over its best, relative
  double overfitting_share = 0.02;    ///< overfitting: the rise, as a share of the first loss
  std::int64_t overfitting_epochs = 3;  ///< overfitting: epochs in a row
  double unscaled_factor = 100;         ///< unscaled_feature: deviation or mean over the median column's
  double one_answer_spread = 0.01;      ///< one_answer: deviation of the answers over that of the targets
  std::int64_t few_units = 4;           ///< too_few_units: of the narrowest hidden layer
  double unlearned_share = 0.2;         ///< too_few_units: loss over a constant answer's
  double outlier_factor = 100;          ///< target_outlier: distance from the median over the others' deviation
  double telling_share = 0.995;  ///< leaking_feature: of each class's rows, of the variance a tenth as far from 1
};

/// A threshold by the name that set_threshold() takes: its member's, "near_dead_rate", "dead_share.warning".
struct NamedThreshold {
  std::string_view name;
  double value = 0;
  std::string_view rules;  ///< those that judge by it, separated by ", "
};

/// Each of them, in the order of the members.
std::vector<NamedThreshold> named_thresholds(const Thresholds& thresholds = {});

/// Throws ValueError for a name that there is not, for a value that is no number or negative, and for a count that is
/// not whole and positive.
void set_threshold(Thresholds& thresholds, std::string_view name, double value);
/// Sets what "near_dead_rate=0.02" says. Throws as the other does.
void set_threshold(Thresholds& thresholds, std::string_view text);

}  // namespace relume::health
