// Public. What the file of an activation is written with: its facts, its parameters, and the functions that formulas
// call.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "relume/activation/callable.h"
#include "relume/kernels/plain.h"
#include "relume/kernels/scalar_math.h"

namespace relume::activation {

// A formula is a template over V: a number (kernels/plain.h) or a SIMD lane of them (kernels/lane.h), whose functions
// are found by argument-dependent lookup. These are for formulas that name the namespace.
using kernels::abs;
using kernels::exp;
using kernels::exp_times;
using kernels::expm1;
using kernels::log1p;
using kernels::max;
using kernels::min;
using kernels::normal_cdf;
using kernels::normal_cdf_times;
using kernels::select;
using kernels::sigmoid;
using kernels::sigmoid_of_cubic_times;
using kernels::sigmoid_times;
using kernels::sqrt;
using kernels::tanh;
using kernels::wide;

/// What the backward pass needs from the forward pass.
enum class Saves : std::uint8_t {
  nothing,  ///< the derivative is the same everywhere
  mask,     ///< one bit per element: which side of the kinks the input was on
  output,
  input,
};

enum class Kind : std::uint8_t {
  elementwise,   ///< y[i] from x[i] alone
  parametric,    ///< with a learned parameter
  rows,          ///< y[i] from all of a row
  gated,         ///< [a, b] becomes a ⊙ f(b) with an elementwise f: half as wide
  concatenated,  ///< x becomes [f(x), f(−x)] with an elementwise f: twice as wide
};

/// The facts of an activation.
struct Info {
  std::string_view name{};       ///< as functions and the command line call it: "leaky_relu"
  std::string_view module{};     ///< the class of PyTorch's torch.nn, or ours in its style: "LeakyReLU"
  std::string_view formula{};    ///< as text for the docs
  std::string_view reference{};  ///< where it was first described
  Range output{};                ///< the closed hull of the values it takes
  /// The ONNX operator that computes it: "Relu", "Gelu@20" from that opset on, "Elu(alpha=alpha)" with attributes that
  /// are parameters or numbers. Without attributes it is that for default parameters alone. Elsewhere, and where there
  /// is none, the formula is written in ONNX's arithmetic.
  std::string_view onnx{};
  double max_ulp = 0;  ///< largest distance from the correctly rounded result, over all finite float32 inputs
};

}  // namespace relume::activation
