// Public. Stochastic gradient descent.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;  ///< up the gradient

  static constexpr auto fields() {
    return std::to_array<Field<SgdOptions>>({{"lr", &SgdOptions::lr},
                                             {"momentum", &SgdOptions::momentum},
                                             {"dampening", &SgdOptions::dampening},
                                             {"weight_decay", &SgdOptions::weight_decay},
                                             {"nesterov", &SgdOptions::nesterov},
                                             {"maximize", &SgdOptions::maximize}});
  }
};

/// v = μ v + (1 − dampening)(g + λ w), the first time v = g + λ w;  w −= lr v, or lr (g + μ v) with nesterov.
/// As torch.optim.SGD. Sutskever et al., "On the importance of initialization and momentum", 2013.
class SGD : public OptimizerWith<SgdOptions> {
 public:
  static constexpr OptimizerInfo info{
      .name = "sgd",
      .type = "SGD",
      .formula = "v = momentum v + (1 - dampening) (g + weight_decay w), the first time v = g;  w -= lr v",
      .buffers = {{{"velocity", "momentum_buffer"}}},
      .lr = 0.05,
      .takes_decay_off_weights = true};

  explicit SGD(std::vector<Tensor> parameters, const SgdOptions& options = {})
      : SGD(Groups{{std::move(parameters), options}}) {}
  explicit SGD(const std::vector<ParameterGroup<SgdOptions>>& groups);

 private:
  void update(const Update& u) override;
};

}  // namespace relume::optim
