// Public. Checking an operation's gradient against finite differences.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {

struct GradcheckOptions {
  double step = 1e-6;
  double absolute_tolerance = 1e-5;
  double relative_tolerance = 1e-3;
};

/// Compares the gradient of sum(f(inputs) · random weights) that backward() gives with central differences, for every
/// element of every float64 input that requires a gradient. Returns "" where they agree, else the worst mismatch in
/// words.
std::string gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f, const std::vector<Tensor>& inputs,
                      const GradcheckOptions& options = {});

}  // namespace relume
