#include "relume/health/measurements.h"

#include <cmath>
#include <utility>

namespace relume::health {

std::vector<InputColumn> measure_columns(const Tensor& features, std::vector<std::string> names) {
  const std::int64_t rows = features.size(0), columns = features.size(1);
  std::vector<double> mean(static_cast<std::size_t>(columns)), squares(mean.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    const float* x = features.data<float>() + i * features.strides()[0];
    for (std::size_t j = 0; j < mean.size(); ++j) {  // Welford's way: no difference of large sums
      const double value = static_cast<double>(x[static_cast<std::int64_t>(j) * features.strides()[1]]);
      const double delta = value - mean[j];
      mean[j] += delta / static_cast<double>(i + 1);
      squares[j] += delta * (value - mean[j]);
    }
  }
  std::vector<InputColumn> result;
  for (std::size_t j = 0; j < mean.size(); ++j)
    result.push_back({names.empty() ? std::to_string(j + 1) : std::move(names[j]), mean[j],
                      rows > 0 ? std::sqrt(squares[j] / static_cast<double>(rows)) : 0});
  return result;
}

}  // namespace relume::health
