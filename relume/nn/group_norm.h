// Public. Normalising within groups of channels.
#pragma once

#include <cstdint>

#include "relume/nn/module.h"

namespace relume::nn {

struct GroupNormOptions {
  double epsilon = 1e-5;
  bool affine = true;  ///< with a learned weight and bias for each channel
  DType dtype = DType::float32;
};

/// The channels of x [n, channels, …] in equal groups, each of which is normalised by itself in each row: y = x̂ w + b.
/// A row's result does not depend on the batch. Throws ValueError where the groups do not divide the channels. As
/// torch.nn.GroupNorm. Wu, He, "Group normalization", 2018.
class GroupNorm : public Module {
 public:
  GroupNorm(std::int64_t groups, std::int64_t channels, const GroupNormOptions& options = {});
  static constexpr const char* word = "groupnorm";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  static LayerSize size_of_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  std::int64_t groups() const { return groups_; }
  std::int64_t channels() const { return channels_; }
  double epsilon() const { return epsilon_; }

  Tensor weight;  ///< undefined, as the bias, where it is not affine
  Tensor bias;

 private:
  std::int64_t groups_, channels_;
  double epsilon_;
};

}  // namespace relume::nn
