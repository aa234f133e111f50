// Public. What the rules judge by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relume/health/unit_activity.h"

namespace relume::health {

/// One weight matrix at one check.
struct WeightCheck {
  double gradient_rms = 0;  ///< √ mean g²; NaN where there is no gradient: it is not trained
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
  std::int64_t not_finite = 0;  ///< rows in which it is NaN or infinite; mean and deviation are those of the others
};

/// The columns of x [rows, columns] float32. Without names they are numbered from 1.
std::vector<InputColumn> measure_columns(const Tensor& features, std::vector<std::string> names = {});

/// What a network answers on a window of rows, taken together.
struct Answers {
  std::int64_t rows = 0;
  std::int64_t classes = 0;   ///< different ones among the targets; 0 where the targets are numbers
  std::int64_t answered = 0;  ///< different classes among the answers
  std::int64_t first = 0;     ///< the class of the first row's answer
  std::string label;          ///< its name, where it has one
  double share = 0;           ///< of the rows that are of that class
  double spread = 0;          ///< numbers: the deviation of the answers over that of the targets
};

/// From outputs [rows, classes] and targets int64 [rows], or from numbers [rows, …] both.
Answers measure_answers(const Tensor& outputs, const Tensor& targets, const std::vector<std::string>& labels = {});

/// A target that is a number, over the training rows, and what stands far from the rest.
struct TargetColumn {
  std::int64_t rows = 0;
  double median = 0;
  double deviation = 0;  ///< of all but the thousandth (at least one row) that is farthest from the median
  double farthest = 0;   ///< the value that is
  std::vector<double> distances = {};  ///< of that thousandth from the median, the largest first
};

/// An input column that tells the target all by itself.
struct TellingColumn {
  std::string name;
  double share = 0;  ///< of the rows whose class it tells; of the target's variance, where that is a number
  bool classes = false;
};

/// An input column some of whose numbers stand far from all others.
struct OutlyingColumn {
  std::string name;
  double factor = 0;  ///< how many times as far from the median the nearest of them is as the farthest of the others
  double value = 0;   ///< the farthest
  std::int64_t rows = 0;     ///< how many they are
  double low = 0, high = 0;  ///< of the others
  bool is_mark = false;      ///< one number for all of them, of nines alone, as marks of missing values are: -999
};

/// What is known of the data before training.
struct DataFacts {
  std::optional<TargetColumn> target;
  std::vector<OutlyingColumn> outlying;
  bool looked_for_outlying = false;
  std::vector<TellingColumn> telling;
  bool looked_at = false;  ///< else nothing is known
};

/// All that is known about a network and its training. What was not measured is empty, and the rules that need it say
/// that they cannot judge.
struct Measurements {
  std::int64_t step = 0;
  std::vector<std::string> weight_names;      ///< "0.weight": the matrices, from the input to the output
  std::vector<Check> checks;                  ///< oldest first; the last ones are kept
  double first_loss = 0;                      ///< mean over the first steps
  double full_lr = 0;                         ///< the largest rate of the schedule
  double weight_decay = 0;                    ///< by which each step shrinks the weights, times the rate; 0: not known
  bool ended = false;                         ///< no more steps will come
  bool keeps_best = false;                    ///< who trains goes back to the best weights in the end
  std::optional<double> constant_loss;        ///< of a network that always says the same: the best such loss
  std::optional<double> constant_valid_loss;  ///< of that answer on the rows that EpochLoss::valid is of
  std::vector<EpochLoss> epochs;
  std::vector<LayerActivity> activity;  ///< over the window
  std::vector<InputColumn> inputs;
  std::optional<Answers> answers;
  DataFacts data;
  std::optional<std::int64_t> not_finite_step;  ///< where the loss or a gradient stopped being a number
};

}  // namespace relume::health
