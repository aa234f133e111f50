#include "relume/optim/adam.h"

#include <cmath>

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

Adam::Adam(const char* name, std::vector<Tensor> parameters, const AdamOptions& options, bool decoupled)
    : Optimizer(name, std::move(parameters), options.lr, {"mean", "square"}), options_(options), decoupled_(decoupled) {
  const auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  require(in_unit(options.beta1) && in_unit(options.beta2), "{}: beta1 {} and beta2 {} must lie in [0, 1)", name,
          options.beta1, options.beta2);
  require(options.weight_decay >= 0 && options.epsilon >= 0, "{}: weight_decay {} and epsilon {} must not be negative",
          name, options.weight_decay, options.epsilon);
}

Adam::Adam(std::vector<Tensor> parameters, const AdamOptions& options)
    : Adam("Adam", std::move(parameters), options, false) {}

void Adam::update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t own_step,
                  std::vector<Tensor>& buffers) {
  const auto t = static_cast<double>(own_step);
  kernels::AdamStep step{};
  step.lr = lr();
  step.beta1 = options_.beta1;
  step.beta2 = options_.beta2;
  step.epsilon = options_.epsilon;
  step.decay = decoupled_ ? 1 - lr() * options_.weight_decay : 1;
  step.weight_decay = decoupled_ ? 0 : options_.weight_decay;
  step.correction1 = 1 - std::pow(options_.beta1, t);
  step.correction2 = 1 - std::pow(options_.beta2, t);
  visit_float(
      parameter.dtype(),
      [&]<class T>() {
        kernels::adam<T>(step, grad_scale, gradient.data<T>(), parameter.data<T>(), buffers[0].data<T>(),
                         buffers[1].data<T>(), parameter.elements());
      },
      [] {});
}

}  // namespace relume::optim
