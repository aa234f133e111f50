// Public. The name under which an activation is called in C++: relu(x) for a number, a row of numbers or a tensor.
#pragma once

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/activation/parameters.h"
#include "relume/kernels/plain.h"

namespace relume::nn {

/// The modules of an activation's struct; defined in nn/activations.h.
template <class S>
class ActivationOf;
template <class S>
class ActivationAlong;

}  // namespace relume::nn

namespace relume::activation {

/// y[i] = f(x[i]) for the activation of that name with its first parameters set. Throws ShapeError where x and y differ
/// in length.
void apply(std::string_view name, std::span<const double> parameters, std::span<const float> x, std::span<float> y);
void apply(std::string_view name, std::span<const double> parameters, std::span<const double> x, std::span<double> y);

/// What ops/activation.h has a differentiable operation for.
template <class X, class S>
concept TensorFor = std::is_class_v<std::remove_cvref_t<X>> && requires(X x) {
  activate_as<S>(x);
};
template <class X, class S>
concept TensorAlong = std::is_class_v<X> && requires(const X& x) {
  activate_along_as<S>(x, 0);
};
/// Numbers one after the other that are no tensor: std::vector<float>, std::array<int, 3>.
template <class X, class S>
concept NumbersFor = !TensorFor<const X&, S> && requires(const X& x) {
  requires std::is_arithmetic_v<std::remove_cvref_t<decltype(*std::data(x))>>;
  std::size(x);
};

/// The file of an activation ends with one of these under its name. Parameters follow the argument in their order:
/// leaky_relu(x, 0.2).
template <class S>
struct Callable {
  /// f of a number. An integer gives an integer where the activation works on them, else a double.
  template <class T, class... Parameters>
  requires std::is_arithmetic_v<T>
  constexpr auto operator()(T x, Parameters... parameters) const {
    const S s = with_first_parameters<S>(parameters...);
    constexpr bool whole = std::is_integral_v<T> && !std::is_same_v<T, bool> && requires { S::integers; };
    using Number = std::conditional_t<std::is_floating_point_v<T> || whole, T, double>;
    return static_cast<Number>(s.forward(kernels::Plain<Number>(x)));
  }

  /// f of each number of a vector, an array or a span, as a new vector. Many numbers are done faster by the form below.
  template <NumbersFor<S> X, std::convertible_to<double>... Parameters>
  auto operator()(const X& x, Parameters... parameters) const {
    std::vector<decltype((*this)(*std::data(x), parameters...))> y(std::size(x));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = (*this)(std::data(x)[i], parameters...);
    return y;
  }

  /// y[i] = f(x[i]) by the table's loops; y may be x.
  template <class... Parameters>
  void operator()(std::span<const float> x, std::span<float> y, Parameters... parameters) const {
    run(x, y, parameters...);
  }
  template <class... Parameters>
  void operator()(std::span<const double> x, std::span<double> y, Parameters... parameters) const {
    run(x, y, parameters...);
  }

  /// f of a Tensor, recorded for backward(): what ops/activation.h makes of it. One that nobody else holds is
  /// overwritten.
  template <TensorFor<S> X, std::convertible_to<double>... Parameters>
  auto operator()(X&& x, Parameters... parameters) const {
    return activate_as<S>(std::forward<X>(x), static_cast<double>(parameters)...);
  }

 private:
  template <class T, class... Parameters>
  static void run(std::span<const T> x, std::span<T> y, Parameters... parameters) {
    static_assert(sizeof...(Parameters) <= parameter_count<S>, "the activation has fewer parameters");
    const double values[sizeof...(Parameters) + 1] = {static_cast<double>(parameters)...};
    apply(S::info.name, {values, sizeof...(Parameters)}, x, y);
  }
};

/// The same for what joins the elements along a dimension: softmax(x, 1), glu(x).
template <class S>
struct CallableAlong {
  /// A negative dimension counts from the end.
  template <TensorAlong<S> X>
  auto operator()(const X& x, int dimension = -1) const {
    return activate_along_as<S>(x, dimension);
  }
};

}  // namespace relume::activation
