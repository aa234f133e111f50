#include "relume/optim/rmsprop.h"

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

RMSprop::RMSprop(std::vector<Tensor> parameters, const RmspropOptions& options)
    : Optimizer(
          "RMSprop", std::move(parameters), options.lr,
          options.momentum != 0 ? std::vector<std::string>{"square", "velocity"} : std::vector<std::string>{"square"}),
      options_(options) {
  require(options.alpha >= 0 && options.alpha < 1, "RMSprop: alpha {} is not in [0, 1)", options.alpha);
  require(options.momentum >= 0 && options.weight_decay >= 0,
          "RMSprop: momentum {} and weight_decay {} must not be negative", options.momentum, options.weight_decay);
}

void RMSprop::update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t /*step*/,
                     std::vector<Tensor>& buffers) {
  const kernels::RmspropStep step{lr(), options_.alpha, options_.epsilon, options_.weight_decay, options_.momentum};
  visit_float(
      parameter.dtype(),
      [&]<class T>() {
        kernels::rmsprop<T>(step, grad_scale, gradient.data<T>(), parameter.data<T>(), buffers[0].data<T>(),
                            buffers.size() > 1 ? buffers[1].data<T>() : nullptr, parameter.elements());
      },
      [] {});
}

}  // namespace relume::optim
