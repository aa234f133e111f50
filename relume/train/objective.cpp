#include "relume/train/objective.h"

#include <fmt/format.h>

#include "relume/train/evaluate.h"

namespace relume::training {
namespace {

/// w_k = n / (classes · n_k): rare classes weigh as much as common ones.
Tensor balanced_weights(const Tensor& classes, std::int64_t count) {
  std::vector<float> weights(static_cast<std::size_t>(count));
  for (const std::int64_t k : classes.span<std::int64_t>()) ++weights[static_cast<std::size_t>(k)];
  for (float& w : weights) w = w > 0 ? static_cast<float>(classes.elements()) / (static_cast<float>(count) * w) : 0;
  return from_vector(weights);
}

}  // namespace

Objective::Objective(io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows,
                     const Options& options)
    : outputs_(model.outputs) {
  model.loss = options.loss;
  loss_ = &loss_of(model);
  if (!loss_->of_classes) return;
  if (options.label_smoothing != 0 && !loss_->smooths_labels)
    throw OptionError({"loss", "label_smoothing"},
                      fmt::format("train: loss {} does not smooth labels; leave label_smoothing out", loss_->name));
  settings_.label_smoothing = options.label_smoothing;
  if (options.balanced_classes) settings_.class_weights = balanced_weights(targets(dataset, rows), outputs_);
}

std::optional<double> Objective::of_best_constant(const Tensor& training, const Tensor& targets) const {
  // Weighed classes and smoothed labels have another optimum.
  if (!loss_->constant || settings_.class_weights.defined() || settings_.label_smoothing > 0) return std::nullopt;
  const Tensor answer = loss_->constant(training, outputs_);
  const Tensor truth = loss_->of_classes ? targets : targets.to(DType::float64);
  return (*loss_)(answer.expand({truth.size(0), outputs_}).contiguous(), truth).item<double>();
}

}  // namespace relume::training
