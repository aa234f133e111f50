#include "relume/nn/group_norm.h"

#include "relume/base/require.h"
#include "relume/nn/layer_word.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/normalization.h"

namespace relume::nn {

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, const GroupNormOptions& options)
    : groups_(groups), channels_(channels), epsilon_(options.epsilon) {
  require(groups > 0 && channels > 0 && channels % groups == 0, "GroupNorm: {} channels do not make {} equal groups",
          channels, groups);
  if (!options.affine) return;
  weight = ones({channels}, options.dtype);
  bias = zeros({channels}, options.dtype);
  add_parameter("weight", weight);
  add_parameter("bias", bias);
}

std::shared_ptr<Module> GroupNorm::from_word(const LayerPlace& place) {
  return std::make_shared<GroupNorm>(place.count("groups"), place.features);
}

LayerSize GroupNorm::size_of_word(const LayerPlace& place) { return {2 * place.features, place.features}; }

Tensor GroupNorm::forward(const Tensor& x) {
  require<ShapeError>(x.dimensions() >= 2 && x.size(1) == channels_, "GroupNorm: {} is not [n, {}, …]", x.shape(),
                      channels_);
  Tensor normal = layer_norm(x.reshape({x.size(0) * groups_, -1}), Tensor(), Tensor(), epsilon_).reshape(x.shape());
  if (!weight.defined()) return normal;
  Shape along{channels_};
  while (along.dimensions() + 1 < x.dimensions()) along.push_back(1);
  return normal * weight.reshape(along) + bias.reshape(along);
}

std::string GroupNorm::describe() const {
  return fmt::format("GroupNorm({}, {}, eps={:g}, affine={})", groups_, channels_, epsilon_,
                     weight.defined() ? "True" : "False");
}

}  // namespace relume::nn
