// Public. Dropout, and layers without parameters.
#pragma once

#include "relume/base/rng.h"
#include "relume/nn/module.h"

namespace relume::nn {

/// In training each element is 0 with probability p and divided by 1 − p otherwise; in evaluation nothing changes.
/// Srivastava et al., "Dropout", 2014.
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  static constexpr const char* word = "dropout";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  bool is_identity_in_evaluation() const override { return true; }
  double p() const { return p_; }

 private:
  double p_;
};

/// Joins the dimensions from one to another, both included; negative ones count from the end. At first: all but the
/// first.
class Flatten : public Module {
 public:
  explicit Flatten(int from = 1, int to = -1) : from_(from), to_(to) {}
  static constexpr const char* word = "flatten";
  static std::shared_ptr<Module> from_word(const LayerPlace& place);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  int from() const { return from_; }
  int to() const { return to_; }

 private:
  int from_, to_;
};

}  // namespace relume::nn
