// The activations as modules.
#pragma once

#include <concepts>

#include "relume/activation/activation.h"
#include "relume/activation/family.h"
#include "relume/nn/module.h"

namespace relume::nn {

/// Any elementwise activation as a module: nn::Activate("leaky_relu(0.2)").
class Activate : public Module {
 public:
  explicit Activate(Activation activation) : activation_(activation) {}
  explicit Activate(std::string_view text) : activation_(text) {}

  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  const Activation& activation() const { return activation_; }

 private:
  Activation activation_;
};

/// The module of one activation: nn::ReLU(), nn::LeakyReLU(0.2). The activation's own file gives it its name.
template <class S>
class ActivationOf : public Activate {
 public:
  template <std::convertible_to<double>... Parameters>
  requires(sizeof...(Parameters) <= activation::parameter_count<S>) explicit ActivationOf(Parameters... parameters)
      : Activate(make(static_cast<double>(parameters)...)) {}

 private:
  template <class... Parameters>
  static Activation make(Parameters... parameters) {
    Activation f(S::info.name);
    std::size_t i = 0;
    (f.set(f.entry().parameters[i++].name, parameters), ...);
    return f;
  }
};

/// PReLU: leaky_relu with a learned slope, one for all or one a channel.
class PReLU : public Module {
 public:
  explicit PReLU(std::int64_t channels = 1, double initial = 0.25);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;

  Tensor weight;
};

/// softmax along a dimension.
class Softmax : public Module {
 public:
  explicit Softmax(int dimension = -1) : dimension_(dimension) {}
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;

 private:
  int dimension_;
};

}  // namespace relume::nn
