// Public. The activations as modules.
#pragma once

#include <concepts>

#include "relume/activation/activation.h"
#include "relume/activation/family.h"
#include "relume/nn/module.h"

namespace relume::nn {

/// Any elementwise activation as a module: nn::Activate("leaky_relu(0.2)"). One with a random slope draws it in
/// training.
class Activate : public Module {
 public:
  explicit Activate(Activation activation) : activation_(activation) {}
  explicit Activate(std::string_view text) : activation_(text) {}

  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  const Activation& activation() const { return activation_; }
  const Activation* as_activation() const override {
    return activation_.entry().random_slope && is_training() ? nullptr : &activation_;
  }

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
  static constexpr const char* word = "prelu";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  static LayerSize size_of_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;

  Tensor weight;
};

/// An activation along a dimension as a module: softmax, glu, crelu.
class ActivateAlong : public Module {
 public:
  explicit ActivateAlong(Activation activation, int dimension = -1) : activation_(activation), dimension_(dimension) {}
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  std::int64_t features_out(std::int64_t features_in) const override {
    return activation_.entry().features_out(features_in);
  }
  const Activation& activation() const { return activation_; }
  int dimension() const { return dimension_; }

 private:
  Activation activation_;
  int dimension_;
};

/// The module of one of them: nn::Softmax(1), nn::GLU().
template <class S>
class ActivationAlong : public ActivateAlong {
 public:
  explicit ActivationAlong(int dimension = -1) : ActivateAlong(Activation(S::info.name), dimension) {}
};

}  // namespace relume::nn
