#include "relume/nn/embedding.h"

#include "relume/base/require.h"
#include "relume/nn/init.h"

namespace relume::nn {
namespace {

Tensor drawn(const char* module, std::int64_t rows, std::int64_t width, DType dtype) {
  require(rows > 0 && width > 0, "{}: {} rows of {} make no table", module, rows, width);
  Tensor weight = empty({rows, width}, dtype);
  init::normal_(weight, 0, 1);
  return weight;
}

}  // namespace

Embedding::Embedding(std::int64_t rows, std::int64_t width, const EmbeddingOptions& options)
    : weight(drawn("Embedding", rows, width, options.dtype)), padding_(options.padding) {
  require(padding_ < rows, "Embedding: the padding row {} is not one of {}", padding_, rows);
  if (padding_ >= 0) weight[padding_].zero_();
  add_parameter("weight", weight);
}

std::string Embedding::describe() const {
  return fmt::format("Embedding({}, {}{})", weight.size(0), weight.size(1),
                     padding_ >= 0 ? fmt::format(", padding_idx={}", padding_) : "");
}

EmbeddingBag::EmbeddingBag(std::int64_t rows, std::int64_t width, BagMode mode, DType dtype)
    : weight(drawn("EmbeddingBag", rows, width, dtype)), mode_(mode) {
  add_parameter("weight", weight);
}

std::string EmbeddingBag::describe() const {
  const char* mode = mode_ == BagMode::sum ? "sum" : mode_ == BagMode::mean ? "mean" : "max";
  return fmt::format("EmbeddingBag({}, {}, mode='{}')", weight.size(0), weight.size(1), mode);
}

}  // namespace relume::nn
