#include "relume/train/data_fingerprint.h"

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/checksum.h"
#include "relume/data/preprocess_json.h"

namespace relume::training {
namespace {

using data::checksum;

std::uint32_t with(std::uint32_t sum, const Tensor& tensor) {
  if (!tensor.defined()) return sum;
  const Tensor dense = tensor.contiguous();
  return checksum(sum, dense.raw_data(), dense.bytes());
}

}  // namespace

std::string data_fingerprint(const io::Model& model, const data::Dataset& dataset, const data::Split& split) {
  std::uint32_t sum = with(with(0, dataset.features), dataset.targets);
  for (const auto* rows : {&split.train, &split.valid, &split.test})
    sum = checksum(sum, rows->data(), rows->size() * sizeof(std::int64_t));
  for (const double number : {model.target_mean, model.target_scale}) sum = checksum(sum, &number, sizeof number);
  for (const std::string& label : model.labels) sum = checksum(sum, label.data(), label.size() + 1);
  if (model.preprocessor) {
    const std::string text = data::to_json(*model.preprocessor).dump(-1, ' ', true);
    sum = checksum(sum, text.data(), text.size());
  }
  return fmt::format("{:08x}", sum);
}

}  // namespace relume::training
