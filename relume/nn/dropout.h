// Dropout, and layers without parameters.
#pragma once

#include "relume/base/rng.h"
#include "relume/nn/module.h"

namespace relume::nn {

/// In training each element is 0 with probability p and divided by 1 − p otherwise; in evaluation nothing changes.
/// Srivastava et al., "Dropout", 2014.
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  double p() const { return p_; }

 private:
  double p_;
};

/// Joins all dimensions but the first.
class Flatten : public Module {
 public:
  Tensor forward(const Tensor& x) override { return x.flatten(1); }
  std::string describe() const override { return "Flatten(start_dim=1, end_dim=-1)"; }
};

}  // namespace relume::nn
