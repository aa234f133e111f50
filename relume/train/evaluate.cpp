#include "relume/train/evaluate.h"

#include <algorithm>

namespace relume::training {
namespace {

Tensor copied_rows(const Tensor& from, std::span<const std::int64_t> rows) {
  Shape shape = from.shape();
  shape[0] = static_cast<std::int64_t>(rows.size());
  Tensor result = empty(shape, from.dtype());
  const std::size_t width = from.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(from.size(0), 1));
  const auto* first = static_cast<const std::byte*>(from.raw_data());
  auto* to = static_cast<std::byte*>(result.raw_data());
  for (const std::int64_t row : rows) to = std::copy_n(first + static_cast<std::size_t>(row) * width, width, to);
  return result;
}

}  // namespace

const nn::LossEntry& loss_of(const io::Model& model) {
  return nn::find_loss(model.loss, model.task == data::Task::classification);
}

Tensor targets(const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return copied_rows(dataset.targets, rows);
}

data::Dataset take_rows(const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return {copied_rows(dataset.features, rows), copied_rows(dataset.targets, rows), dataset.scale};
}

Metrics measure(const io::Model& model, const Tensor& outputs, const Tensor& targets) {
  Metrics m = model.task == data::Task::classification ? classification_metrics(outputs, targets)
                                                       : regression_metrics(outputs, targets, model.target_scale);
  if (!model.loss.empty() && m.rows > 0) m.loss = loss_of(model)(outputs, targets).item<double>();
  return m;
}

Metrics evaluate(const io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return measure(model, outputs(*model.network, dataset, rows), targets(dataset, rows));
}

}  // namespace relume::training
