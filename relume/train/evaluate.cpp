#include "relume/train/evaluate.h"

#include <algorithm>

#include "relume/autograd/grad_mode.h"
#include "relume/data/batches.h"

namespace relume::training {
namespace {

// Rows at a time: enough to keep the matrix kernels busy, few enough that activations stay in cache.
constexpr std::int64_t chunk = 256;

/// Evaluation mode for as long as it lives.
class EvaluationMode {
 public:
  explicit EvaluationMode(nn::Module& network) : network_(network), before_(network.is_training()) { network_.eval(); }
  ~EvaluationMode() { network_.train(before_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  nn::Module& network_;
  bool before_;
};

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

Tensor outputs(nn::Module& network, const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  NoGradGuard guard;
  const EvaluationMode mode(network);
  const auto n = static_cast<std::int64_t>(rows.size());
  Tensor result;
  data::Batch batch;
  for (std::int64_t at = 0; at < n; at += chunk) {
    const std::int64_t count = std::min(chunk, n - at);
    Shape x_shape = dataset.features.shape(), y_shape = dataset.targets.shape();
    x_shape[0] = y_shape[0] = count;
    if (!batch.x.defined() || batch.x.size(0) != count)
      batch = {empty(x_shape), empty(y_shape, dataset.targets.dtype())};
    data::gather(dataset, rows.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count)), batch);
    const Tensor y = network(batch.x);
    if (!result.defined()) result = empty({n, y.size(1)});
    result.slice(0, at, at + count).copy_(y);
  }
  return result.defined() ? result : empty({0, 1});
}

Tensor targets(const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return copied_rows(dataset.targets, rows);
}

data::Dataset take_rows(const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return {copied_rows(dataset.features, rows), copied_rows(dataset.targets, rows), dataset.scale};
}

Metrics measure(const io::Model& model, const Tensor& outputs, const Tensor& targets) {
  return model.task == data::Task::classification ? classification_metrics(outputs, targets)
                                                  : regression_metrics(outputs, targets, model.target_scale);
}

Metrics evaluate(const io::Model& model, const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  return measure(model, outputs(*model.network, dataset, rows), targets(dataset, rows));
}

}  // namespace relume::training
