// Public. Tables of learned rows.
#pragma once

#include <cstdint>

#include "relume/nn/module.h"
#include "relume/ops/embedding.h"

namespace relume::nn {

struct EmbeddingOptions {
  std::int64_t padding = -1;  ///< this row is 0 and stays so; negative: none
  DType dtype = DType::float32;
};

/// int64 numbers [...] to learned rows [..., width], drawn from a normal distribution at first. As torch.nn.Embedding.
class Embedding : public Module {
 public:
  Embedding(std::int64_t rows, std::int64_t width, const EmbeddingOptions& options = {});
  Tensor forward(const Tensor& indices) override { return embedding(indices, weight, padding_); }
  std::string describe() const override;
  std::int64_t features_out(std::int64_t features_in) const override { return features_in * weight.size(1); }
  /// The row that is 0; negative: none.
  std::int64_t padding() const { return padding_; }

  Tensor weight;

 private:
  std::int64_t padding_;
};

/// The mean, sum or elementwise largest of the rows of each bag, without making the rows. As torch.nn.EmbeddingBag.
class EmbeddingBag : public Module {
 public:
  EmbeddingBag(std::int64_t rows, std::int64_t width, BagMode mode = BagMode::mean, DType dtype = DType::float32);
  /// For indices [bags, size].
  Tensor forward(const Tensor& indices) override { return embedding_bag(indices, weight, mode_); }
  /// For indices [n] that are cut at `offsets`.
  Tensor forward(const Tensor& indices, const Tensor& offsets) {
    return embedding_bag(indices, weight, mode_, offsets);
  }
  std::string describe() const override;
  std::int64_t features_out(std::int64_t /*features_in*/) const override { return weight.size(1); }

  Tensor weight;

 private:
  BagMode mode_;
};

}  // namespace relume::nn
