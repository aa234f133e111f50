#include "relume/io/outputs.h"

#include <algorithm>

#include "relume/autograd/grad_mode.h"
#include "relume/data/batches.h"

namespace relume::io {
namespace {

// Rows at a time: enough to keep the matrix kernels busy, few enough that activations stay in cache.
constexpr std::int64_t rows_run_at_once = 256;

/// Evaluation mode for as long as it lives. A network that is in it is not touched: several threads may use it.
class EvaluationMode {
 public:
  explicit EvaluationMode(nn::Module& network) : network_(network), before_(network.is_training()) {
    if (before_) network_.eval();
  }
  ~EvaluationMode() {
    if (before_) network_.train();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  nn::Module& network_;
  bool before_;
};

}  // namespace

Tensor outputs(nn::Module& network, const data::Dataset& dataset, std::span<const std::int64_t> rows) {
  NoGradGuard guard;
  const EvaluationMode mode(network);
  const auto n = static_cast<std::int64_t>(rows.size());
  Tensor result;
  data::Batch batch;
  for (std::int64_t at = 0; at < n; at += rows_run_at_once) {
    const std::int64_t count = std::min(rows_run_at_once, n - at);
    data::gather(dataset, rows.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count)), batch);
    const Tensor y = network(batch.x);
    if (!result.defined()) result = empty({n, y.size(1)});
    result.slice(0, at, at + count).copy_(y);
  }
  return result.defined() ? result : empty({0, 1});
}

}  // namespace relume::io
