// Private. What a run makes small: the loss that its options name, with the weights of classes and smoothed labels.
#pragma once

#include <optional>
#include <span>

#include "relume/data/dataset.h"
#include "relume/io/model.h"
#include "relume/nn/loss_table.h"
#include "relume/train/options.h"

namespace relume::training {

class Objective {
 public:
  /// `rows` are those that train: classes are weighed by how many of them there are. The model measures by the same
  /// loss from then on. Throws OptionError where the loss does not take what the options ask for.
  Objective(io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows, const Options& options);

  Tensor operator()(const Tensor& output, const Tensor& target) const { return (*loss_)(output, target, settings_); }

  /// What it is, on these targets, of a network that says the same of every row, as is best for `training`'s targets.
  /// Empty where there is no formula for it.
  std::optional<double> of_best_constant(const Tensor& training, const Tensor& targets) const;

 private:
  const nn::LossEntry* loss_;
  nn::LossSettings settings_;
  std::int64_t outputs_;
};

}  // namespace relume::training
