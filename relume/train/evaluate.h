// Public. Running a network over rows without training it.
#pragma once

#include <cstdint>
#include <span>

#include "relume/data/dataset.h"
#include "relume/io/model.h"
#include "relume/io/outputs.h"
#include "relume/train/metrics.h"

namespace relume::training {

using io::outputs;

/// What training makes small: the mean cross entropy of logits, or the mean squared error.
Tensor task_loss(data::Task task, const Tensor& output, const Tensor& target);

/// The targets of these rows.
Tensor targets(const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// These rows of the dataset, copied.
data::Dataset take_rows(const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// How good the model is on these rows.
Metrics evaluate(const io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// The same from outputs() and targets().
Metrics measure(const io::Model& model, const Tensor& outputs, const Tensor& targets);

}  // namespace relume::training
