// Public. A detour that is added to what it began with.
#pragma once

#include <memory>
#include <utility>

#include "relume/nn/sequential.h"

namespace relume::nn {

/// x + f(x): where f learns little, the signal and its gradient pass as they are, which keeps deep stacks trainable.
/// He et al., "Deep residual learning for image recognition", 2016.
class Residual : public Module {
 public:
  explicit Residual(std::shared_ptr<Module> f);
  /// nn::Residual(nn::Linear(64, 64), nn::ReLU(), nn::Linear(64, 64))
  template <std::derived_from<Module>... Modules>
  requires(sizeof...(Modules) > 1) explicit Residual(Modules... modules)
      : Residual(std::make_shared<Sequential>(std::move(modules)...)) {}

  /// Throws ShapeError where f(x) has another shape than x.
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
};

}  // namespace relume::nn
