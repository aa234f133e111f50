#include "relume/optim/nadam.h"

#include <cmath>

#include "relume/base/require.h"

namespace relume::optim {
namespace {

std::size_t checked(const char* name, const NAdamOptions& o) {
  const auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  require(in_unit(o.beta1) && in_unit(o.beta2), "{}: beta1 {} and beta2 {} must lie in [0, 1)", name, o.beta1, o.beta2);
  require(o.weight_decay >= 0 && o.epsilon >= 0 && o.momentum_decay >= 0,
          "{}: weight_decay {}, epsilon {} and momentum_decay {} must not be negative", name, o.weight_decay, o.epsilon,
          o.momentum_decay);
  return 3;
}

}  // namespace

NAdam::NAdam(const std::vector<ParameterGroup<NAdamOptions>>& groups) : OptimizerWith(info, groups, &checked) {}

void NAdam::update(const Update& u) {
  const NAdamOptions& o = options(u);
  const auto t = static_cast<double>(u.step);
  const auto mu = [&](double step) { return o.beta1 * (1 - 0.5 * std::pow(0.96, step * o.momentum_decay)); };
  float& kept = *u.buffers[2].data<float>();  // as PyTorch keeps it
  kept = (u.step == 1 ? 1 : kept) * static_cast<float>(mu(t));
  const double product = kept;
  const double next = mu(t + 1), root = 1 / std::sqrt(1 - std::pow(o.beta2, t));
  const double of_gradient = u.lr * (1 - mu(t)) / (1 - product), of_mean = u.lr * next / (1 - product * next);
  const double keep = o.decoupled_weight_decay ? 1 - u.lr * o.weight_decay : 1;
  const double decay = o.decoupled_weight_decay ? 0 : o.weight_decay;
  u.for_weights<2>(o.maximize ? -u.grad_scale : u.grad_scale, [=, &o]<class T>(T gradient, T& w, T& mean, T& square) {
    w *= static_cast<T>(keep);
    const T g = gradient + static_cast<T>(decay) * w;
    mean += static_cast<T>(1 - o.beta1) * (g - mean);
    square = static_cast<T>(o.beta2) * square + static_cast<T>(1 - o.beta2) * g * g;
    const T move = static_cast<T>(of_gradient) * g + static_cast<T>(of_mean) * mean;
    // 0 / 0 where there is no epsilon and never was a gradient.
    if (move != 0) w -= move / (std::sqrt(square) * static_cast<T>(root) + static_cast<T>(o.epsilon));
  });
}

}  // namespace relume::optim
