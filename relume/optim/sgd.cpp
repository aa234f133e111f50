#include "relume/optim/sgd.h"

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

SGD::SGD(std::vector<Tensor> parameters, const SgdOptions& options)
    : Optimizer("SGD", std::move(parameters), options.lr,
                options.momentum != 0 ? std::vector<std::string>{"velocity"} : std::vector<std::string>{}),
      options_(options) {
  require(options.momentum >= 0 && options.weight_decay >= 0,
          "SGD: momentum {} and weight_decay {} must not be negative", options.momentum, options.weight_decay);
  require(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
          "SGD: nesterov needs a momentum and no dampening");
}

void SGD::update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t own_step,
                 std::vector<Tensor>& buffers) {
  const kernels::SgdStep step{
      lr(), options_.momentum, options_.dampening, options_.weight_decay, options_.nesterov, own_step == 1};
  visit_float(
      parameter.dtype(),
      [&]<class T>() {
        kernels::sgd<T>(step, grad_scale, gradient.data<T>(), parameter.data<T>(),
                        buffers.empty() ? nullptr : buffers[0].data<T>(), parameter.elements());
      },
      [] {});
}

}  // namespace relume::optim
