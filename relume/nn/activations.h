// The activations as modules.
#pragma once

#include "relume/activation/activation.h"
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
