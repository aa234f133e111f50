#include "relume/train/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "relume/base/require.h"
#include "relume/ops/activation.h"
#include "relume/train/evaluate.h"

namespace relume::training {
namespace {

void check_outputs(const Tensor& y, std::int64_t first_row) {
  const auto values = y.span<float>();
  const auto found = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  require<Error>(found == values.end(),
                 "predict: the network's output for row {} is no finite number; its weights are damaged, or the row is "
                 "far from all that it was trained on",
                 first_row + (found - values.begin()) / std::max<std::int64_t>(y.size(1), 1) + 1);
}

}  // namespace

Predictions predict(const io::Model& model, const Tensor& features, std::int64_t first_row) {
  require<ShapeError>(features.dimensions() == 2 && features.size(1) == model.features,
                      "predict: the rows are {}, the model takes {} values a row", features.shape(), model.features);
  const std::int64_t n = features.size(0);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  Tensor y = outputs(*model.network, {features, empty({n, 1}), model.scale}, rows);
  check_outputs(y, first_row);
  Predictions result;
  if (model.task == data::Task::regression) {
    for (const float output : y.span<float>())
      result.values.push_back(static_cast<double>(output) * model.target_scale + model.target_mean);
    return result;
  }
  result.probabilities = softmax(y, 1).contiguous();
  const float* p = result.probabilities.data<float>();
  const std::int64_t classes = model.outputs;
  for (std::int64_t i = 0; i < n; ++i, p += classes) result.classes.push_back(std::max_element(p, p + classes) - p);
  return result;
}

std::string to_text(double value, const io::Model& model) {
  constexpr int digits = 9;  // as many as tell float32 apart, which the outputs are
  return data::rounded(value, model.target_scale, digits);
}

}  // namespace relume::training
