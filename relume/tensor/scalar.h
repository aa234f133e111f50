// Public. A number beside a tensor: x * 2, x + 0.5.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "relume/tensor/tensor.h"

namespace relume {

/// A C++ number as an operand. As in PyTorch it gives way to the tensor's dtype, unless it is of a higher kind
/// (bool < integer < floating point): int64 · 2 stays int64, int64 · 0.5 becomes float32.
class Scalar {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> Scalar(T value)  // NOLINT: a number is meant to be usable as it is
      : real_(static_cast<double>(value)), whole_(static_cast<std::int64_t>(value)), kind_(kind_of<T>()) {}

  double value() const { return real_; }
  /// The number as a tensor without dimensions, to stand beside one of dtype `other`.
  Tensor as_tensor(DType other) const;

  /// What tensor() makes of a row of them.
  static Tensor row(std::initializer_list<Scalar> values);
  static Tensor row(std::initializer_list<Scalar> values, const TensorOptions& options);

 private:
  enum class Kind : std::uint8_t { truth, whole, real };
  template <class T>
  static constexpr Kind kind_of() {
    return std::is_same_v<T, bool> ? Kind::truth : std::is_integral_v<T> ? Kind::whole : Kind::real;
  }

  double real_;
  std::int64_t whole_;
  Kind kind_;
};

/// A row of numbers of several types: tensor({1.0, NAN}), whose NAN is a float. It is float32, or int64 where no number
/// has a fraction's type, as in PyTorch.
template <class = void>  // so that it gives way where a list fits the others too
Tensor tensor(std::initializer_list<Scalar> values) {
  return Scalar::row(values);
}
template <class = void>
Tensor tensor(std::initializer_list<Scalar> values, const TensorOptions& options) {
  return Scalar::row(values, options);
}

/// The dtype in which an operation on both is done (torch.result_type): a tensor without dimensions gives way to one
/// with dimensions of the same kind.
DType result_dtype(const Tensor& a, const Tensor& b);

}  // namespace relume
