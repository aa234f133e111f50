// Stochastic gradient descent.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// v = μ v + (1 − dampening)(g + λ w), the first time v = g + λ w;  w −= lr v, or lr (g + μ v) with nesterov.
/// As torch.optim.SGD. Sutskever et al., "On the importance of initialization and momentum", 2013.
class SGD : public Optimizer {
 public:
  explicit SGD(std::vector<Tensor> parameters, const SgdOptions& options = {});

 private:
  void update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t step,
              std::vector<Tensor>& buffers) override;
  SgdOptions options_;
};

}  // namespace relume::optim
