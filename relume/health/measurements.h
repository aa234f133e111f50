// What the rules judge by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relume/health/unit_activity.h"

namespace relume::health {

/// One weight matrix at one check.
struct WeightCheck {
  double gradient_rms = 0;  ///< √ mean g²
  double update_ratio = 0;  ///< ‖Δw‖ / ‖w‖ of the step; 0 where ‖w‖ is 0
};

/// What was measured at one step.
struct Check {
  std::int64_t step = 0;
  double loss = 0;           ///< of the batch
  double smoothed_loss = 0;  ///< an exponential mean over about the last 32 steps
  double lowest_loss = 0;    ///< the smallest smoothed loss so far
  double lr = 0;
  double gradient_norm = 0;          ///< of all parameters together, before clipping
  std::vector<WeightCheck> weights;  ///< in the order of Measurements::weight_names
};

struct EpochLoss {
  double train = 0;
  std::optional<double> valid;
};

/// A column of the network's input over the training rows.
struct InputColumn {
  std::string name;
  double mean = 0;
  double deviation = 0;
};

/// The columns of x [rows, columns] float32. Without names they are numbered from 1.
std::vector<InputColumn> measure_columns(const Tensor& features, std::vector<std::string> names = {});

/// All that is known about a network and its training. What was not measured is empty, and the rules that need it say
/// that they cannot judge.
struct Measurements {
  std::int64_t step = 0;
  std::vector<std::string> weight_names;  ///< "0.weight": the matrices, from the input to the output
  std::vector<Check> checks;              ///< oldest first; the last ones are kept
  double first_loss = 0;                  ///< mean over the first steps
  double full_lr = 0;                     ///< the largest rate of the schedule
  std::optional<double> constant_loss;    ///< of a network that always says the same: the best such loss
  std::vector<EpochLoss> epochs;
  std::vector<LayerActivity> activity;  ///< over the window
  std::vector<InputColumn> inputs;
  std::optional<std::int64_t> not_finite_step;  ///< where the loss or a gradient stopped being a number
};

}  // namespace relume::health
