#include "relume/train/data_fingerprint.h"

#include <span>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "relume/base/require.h"
#include "relume/data/preprocess_json.h"

namespace relume::training {
namespace {

uLong with(uLong sum, const void* data, std::size_t bytes) {
  // Of no address zlib gives the checksum of nothing.
  return bytes == 0 ? sum : crc32_z(sum, static_cast<const Bytef*>(data), bytes);
}

uLong with(uLong sum, const Tensor& tensor) {
  if (!tensor.defined()) return sum;
  const Tensor dense = tensor.contiguous();
  return with(sum, dense.raw_data(), dense.bytes());
}

uLong with(uLong sum, std::span<const std::int64_t> rows) { return with(sum, rows.data(), rows.size_bytes()); }

}  // namespace

std::string data_fingerprint(const io::Model& model, const data::Dataset& dataset, const data::Split& split) {
  uLong sum = with(with(0, dataset.features), dataset.targets);
  for (const auto* rows : {&split.train, &split.valid, &split.test}) sum = with(sum, *rows);
  for (const double number : {model.target_mean, model.target_scale}) sum = with(sum, &number, sizeof number);
  for (const std::string& label : model.labels) sum = with(sum, label.data(), label.size() + 1);
  if (model.preprocessor) {
    const std::string text = data::to_json(*model.preprocessor).dump(-1, ' ', true);
    sum = with(sum, text.data(), text.size());
  }
  return fmt::format("{:08x}", sum);
}

}  // namespace relume::training
