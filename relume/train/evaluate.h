// Public. Running a network over rows without training it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/dataset.h"
#include "relume/io/model.h"
#include "relume/io/outputs.h"
#include "relume/nn/loss_table.h"
#include "relume/train/metrics.h"

namespace relume::training {

using io::outputs;

/// The loss by which the model is trained and measured: its own, or its task's usual one.
const nn::LossEntry& loss_of(const io::Model& model);

/// The targets of these rows.
Tensor targets(const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// These rows of the dataset, copied.
data::Dataset take_rows(const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// How good the model is on these rows.
Metrics evaluate(const io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// The same from outputs() and targets().
Metrics measure(const io::Model& model, const Tensor& outputs, const Tensor& targets);

/// The object that `relume eval --json` prints of them; `name` is the model's.
std::string to_json(const io::Model& model, const Metrics& metrics, std::string_view name = {},
                    const std::vector<std::string>& notes = {});

}  // namespace relume::training
