#include "python/core/elementwise.h"

#include <cmath>
#include <numbers>

#include "python/core/arguments.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/pointwise.h"
#include "relume/tensor/scalar.h"

namespace relume::python {
namespace {

template <class T>
Tensor zipped(const char* name, const Tensor& a, const Tensor& b, DType dtype, T (*f)(T, T)) {
  const Tensor u = a.to(dtype_v<T>), v = b.to(dtype_v<T>);
  const Shape shape = broadcast(u.shape(), v.shape(), name);
  const Tensor left = u.expand(shape).contiguous(), right = v.expand(shape).contiguous(), y = empty(shape, dtype_v<T>);
  const T *x = left.data<T>(), *w = right.data<T>();
  T* to = y.data<T>();
  const ReleaseFor release(y.elements());
  for (std::int64_t i = 0; i < y.elements(); ++i) to[i] = f(x[i], w[i]);
  return y.to(dtype);
}

/// A function of one number: its values, and its derivative from x and y.
struct ElementwiseFunction {
  const char* name;
  const char* node;
  double (*value)(double);
  Tensor (*derivative)(const Tensor& x, const Tensor& y);
  bool keeps_integers = false;  ///< integers are their own values
};

Tensor nothing(const Tensor& x, const Tensor&) { return zeros_like(x); }

const ElementwiseFunction functions[] = {
    {"floor", "FloorBackward0", [](double x) { return std::floor(x); }, nothing, true},
    {"ceil", "CeilBackward0", [](double x) { return std::ceil(x); }, nothing, true},
    {"trunc", "TruncBackward0", [](double x) { return std::trunc(x); }, nothing, true},
    {"round", "RoundBackward0", [](double x) { return std::nearbyint(x); }, nothing, true},
    {"reciprocal", "ReciprocalBackward0", [](double x) { return 1 / x; },
     [](const Tensor&, const Tensor& y) { return -(y * y); }},
    {"rsqrt", "RsqrtBackward0", [](double x) { return 1 / std::sqrt(x); },
     [](const Tensor&, const Tensor& y) { return y * y * y * -0.5; }},
    {"exp2", "Exp2Backward0", [](double x) { return std::exp2(x); },
     [](const Tensor&, const Tensor& y) { return y * std::numbers::ln2; }},
    {"expm1", "Expm1Backward0", [](double x) { return std::expm1(x); },
     [](const Tensor&, const Tensor& y) { return y + 1; }},
    {"log1p", "Log1PBackward0", [](double x) { return std::log1p(x); },
     [](const Tensor& x, const Tensor&) { return 1 / (x + 1); }},
    {"log2", "Log2Backward0", [](double x) { return std::log2(x); },
     [](const Tensor& x, const Tensor&) { return 1 / (x * std::numbers::ln2); }},
    {"log10", "Log10Backward0", [](double x) { return std::log10(x); },
     [](const Tensor& x, const Tensor&) { return 1 / (x * std::numbers::ln10); }},
    {"tan", "TanBackward0", [](double x) { return std::tan(x); },
     [](const Tensor&, const Tensor& y) { return y * y + 1; }},
    {"asin", "AsinBackward0", [](double x) { return std::asin(x); },
     [](const Tensor& x, const Tensor&) { return 1 / sqrt(1 - x * x); }},
    {"acos", "AcosBackward0", [](double x) { return std::acos(x); },
     [](const Tensor& x, const Tensor&) { return -(1 / sqrt(1 - x * x)); }},
    {"atan", "AtanBackward0", [](double x) { return std::atan(x); },
     [](const Tensor& x, const Tensor&) { return 1 / (x * x + 1); }},
    {"sinh", "SinhBackward0", [](double x) { return std::sinh(x); },
     [](const Tensor& x, const Tensor&) { return (exp(x) + exp(-x)) * 0.5; }},
    {"cosh", "CoshBackward0", [](double x) { return std::cosh(x); },
     [](const Tensor& x, const Tensor&) { return (exp(x) - exp(-x)) * 0.5; }},
    {"erf", "ErfBackward0", [](double x) { return std::erf(x); },
     [](const Tensor& x, const Tensor&) { return exp(-(x * x)) * (2 * std::numbers::inv_sqrtpi); }},
    {"erfc", "ErfcBackward0", [](double x) { return std::erfc(x); },
     [](const Tensor& x, const Tensor&) { return exp(-(x * x)) * (-2 * std::numbers::inv_sqrtpi); }},
};

Tensor mapped(const ElementwiseFunction& f, const Tensor& given) {
  if (f.keeps_integers && is_integral(given.dtype())) return given.clone();
  require<DTypeError>(!f.keeps_integers || given.dtype() != DType::bool_, "{}: of bool", f.name);
  const Tensor x = is_floating(given.dtype()) ? given : given.to(DType::float32);
  Tensor y;
  {
    const NoGradGuard guard;
    const Tensor wide = x.to(DType::float64).contiguous();
    y = empty(x.shape(), DType::float64);
    const double* from = wide.data<double>();
    double* to = y.data<double>();
    const ReleaseFor release(x.elements());
    for (std::int64_t i = 0; i < x.elements(); ++i) to[i] = f.value(from[i]);
    y = y.to(x.dtype());
  }
  return record(y, f.node, {&x}, [&f, x = Saved(x), y = saved_output(y)](const BackwardContext& c) -> Gradients {
    return {c.gradient * f.derivative(c(x), c(y)).to(c.gradient.dtype())};
  });
}

Tensor tested(const Tensor& t, bool (*holds)(double)) {
  const Tensor wide = t.detach().to(DType::float64).contiguous();
  Tensor y = empty(t.shape(), DType::bool_);
  for (std::int64_t i = 0; i < t.elements(); ++i) y.data<bool>()[i] = holds(wide.data<double>()[i]);
  return y;
}

Tensor logical_not(const Tensor& t) { return t.detach() == Scalar(0); }

Tensor inverted(const Tensor& t) {
  require<DTypeError>(!is_floating(t.dtype()), "bitwise_not: of {}; it takes integers and bool", name(t.dtype()));
  if (t.dtype() == DType::bool_) return logical_not(t);
  return (Scalar(-1).as_tensor(DType::int64) - t.to(DType::int64)).to(t.dtype());
}

/// x with dimension d last and in order, as double or int64, and what a result of that shape goes back to.
template <class T>
Tensor rows_of(const Tensor& x, int d) {
  return x.detach().transpose(d, -1).to(dtype_v<T>).contiguous();
}

/// Calls row(from, to, n) for each row along the last dimension of `from`.
template <class T, class F>
void for_rows(const Tensor& from, const Tensor& to, F&& row) {
  const std::int64_t n = from.size(-1),
                     step = to.elements() / std::max<std::int64_t>(1, from.elements() / std::max<std::int64_t>(n, 1));
  if (from.elements() == 0) return;
  for (std::int64_t i = 0; i * n < from.elements(); ++i) row(from.data<T>() + i * n, to.data<T>() + i * step, n);
}

int dimension_of(const Tensor& x, std::int64_t dim, const char* operation) {
  const int n = std::max(x.dimensions(), 1);
  require<IndexError>(dim >= -n && dim < n, "{}: dimension {} is not in {}", operation, dim, x.shape());
  return static_cast<int>(dim < 0 ? dim + n : dim);
}

DType summed_dtype(const Tensor& x) { return is_floating(x.dtype()) ? x.dtype() : DType::int64; }

/// The running sum or product along a dimension that is there.
template <class T>
Tensor running(const Tensor& x, int d, bool product) {
  const Tensor rows = rows_of<T>(x, d), y = empty(rows.shape(), dtype_v<T>);
  for_rows<T>(rows, y, [product](const T* from, T* to, std::int64_t n) {
    using W = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
    W total = product ? 1 : 0;
    for (std::int64_t i = 0; i < n; ++i) {
      total = product ? total * static_cast<W>(from[i]) : total + static_cast<W>(from[i]);
      to[i] = static_cast<T>(total);
    }
  });
  return y.transpose(d, -1).contiguous().to(summed_dtype(x));
}

Tensor run_along(const Tensor& x, int d, bool product) {
  return is_floating(x.dtype()) ? running<double>(x, d, product) : running<std::int64_t>(x, d, product);
}

/// d xᵢ = Σ_{j ≥ i} dy_j, each times the product of the x between them and of those before i where it is a product.
Tensor run_back(const Tensor& x, const Tensor& dy, int d, bool product) {
  const Tensor rows = rows_of<double>(x, d), gradients = rows_of<double>(dy, d);
  for_rows<double>(rows, gradients, [product](const double* x_row, double* g, std::int64_t n) {
    for (std::int64_t i = n - 2; i >= 0; --i) g[i] += (product ? x_row[i + 1] : 1.0) * g[i + 1];
    double before = 1;
    for (std::int64_t i = 0; product && i < n; before *= x_row[i++]) g[i] *= before;
  });
  return gradients.transpose(d, -1).contiguous().to(dy.dtype());
}

Tensor cumulated(const Tensor& x, std::int64_t dim, bool product) {
  const char* operation = product ? "cumprod" : "cumsum";
  const int d = dimension_of(x, dim, operation);
  if (x.dimensions() == 0) return cumulated(x.reshape({1}), 0, product).reshape({});
  return record(run_along(x, d, product), product ? "CumprodBackward0" : "CumsumBackward0", {&x},
                [x = Saved(x), d, product](const BackwardContext& c) -> Gradients {
                  return {run_back(c(x), c.gradient, d, product)};
                });
}

template <class T>
Tensor multiplied(const Tensor& x, int d) {
  const Tensor rows = rows_of<T>(x, d);
  Shape shape = rows.shape();
  shape[-1] = 1;
  const Tensor y = ones(shape, dtype_v<T>);
  for_rows<T>(rows, y, [](const T* from, T* to, std::int64_t n) {
    using W = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
    W total = 1;
    for (std::int64_t i = 0; i < n; ++i) total *= static_cast<W>(from[i]);
    *to = static_cast<T>(total);
  });
  return y.transpose(d, -1).contiguous().to(summed_dtype(x));
}

// y = Π x:  dxᵢ = dy Π_{j ≠ i} x_j
Tensor product_along(const Tensor& x, std::int64_t dim, bool keepdim) {
  const int d = dimension_of(x, dim, "prod");
  if (x.dimensions() == 0) return product_along(x.reshape({1}), 0, false);
  const Tensor y = is_floating(x.dtype()) ? multiplied<double>(x, d) : multiplied<std::int64_t>(x, d);
  const Tensor recorded = record(y, "ProdBackward1", {&x}, [x = Saved(x), d](const BackwardContext& c) -> Gradients {
    const Tensor rows = rows_of<double>(c(x), d), others = empty(rows.shape(), DType::float64);
    for_rows<double>(rows, others, [](const double* from, double* to, std::int64_t n) {
      double before = 1, after = 1;
      for (std::int64_t i = 0; i < n; before *= from[i++]) to[i] = before;
      for (std::int64_t i = n - 1; i >= 0; after *= from[i--]) to[i] *= after;
    });
    return {c.gradient * others.transpose(d, -1).to(c.gradient.dtype())};
  });
  return keepdim ? recorded : recorded.squeeze(d);
}

Tensor product(const Tensor& x, nb::handle dim, bool keepdim, nb::handle dtype, nb::handle axis) {
  const nb::handle along = either(dim, axis, "prod");
  const Tensor t = dtype.is_none() ? x : x.to(*dtype_from(dtype));
  const auto finished = [&](const Tensor& y) { return dtype.is_none() ? y : y.to(t.dtype()); };
  if (!along.is_none()) return finished(product_along(t, whole_from(along, "prod", "dim"), keepdim));
  const Tensor y = product_along(t.reshape({t.elements()}), 0, false);
  Shape kept;
  for (int d = 0; keepdim && d < x.dimensions(); ++d) kept.push_back(1);
  return finished(y.reshape(kept));
}

}  // namespace

Tensor zip(const char* name, const Tensor& a, const Tensor& b, Reals real, Wholes whole) {
  const DType dtype = result_dtype(a, b);
  return is_floating(dtype) ? zipped<double>(name, a, b, dtype, real) : zipped<std::int64_t>(name, a, b, dtype, whole);
}

void bind_elementwise(nb::module_& module) {
  auto type = nb::borrow<nb::class_<Tensor>>(nb::type<Tensor>());
  for (const ElementwiseFunction& f : functions) {
    module.def(
        f.name, [&f](nb::handle x, nb::handle out) { return into(out, mapped(f, tensor_from(x)), f.name); }, "input"_a,
        nb::kw_only(), "out"_a = nb::none());
    type.def(f.name, [&f](const Tensor& x) { return mapped(f, x); });
  }
  const auto test = [&](const char* name, bool (*holds)(double)) {
    module.def(
        name, [holds](nb::handle x) { return tested(tensor_from(x), holds); }, "input"_a);
    type.def(name, [holds](const Tensor& x) { return tested(x, holds); });
  };
  test("isnan", [](double x) { return std::isnan(x); });
  test("isinf", [](double x) { return std::isinf(x); });
  test("isfinite", [](double x) { return std::isfinite(x); });
  test("isposinf", [](double x) { return std::isinf(x) && x > 0; });
  test("isneginf", [](double x) { return std::isinf(x) && x < 0; });
  test("signbit", [](double x) { return std::signbit(x); });
  module.def(
      "bitwise_not", [](const Tensor& x) { return inverted(x); }, "input"_a);
  module.def(
      "logical_not", [](nb::handle x) { return logical_not(tensor_from(x)); }, "input"_a);
  type.def("bitwise_not", &inverted).def("__invert__", &inverted).def("logical_not", &logical_not);
  for (const bool product : {false, true}) {
    const char* name = product ? "cumprod" : "cumsum";
    const auto run = [product, name](const Tensor& x, nb::handle dim, nb::handle dtype, nb::handle axis) {
      const Tensor t = dtype.is_none() ? x : x.to(*dtype_from(dtype));
      const Tensor y = cumulated(t, whole_from(either(dim, axis, name), name, "dim"), product);
      return dtype.is_none() ? y : y.to(t.dtype());
    };
    const char* text = product ? "The products of each element and those before it along a dimension."
                               : "The sums of each element and those before it along a dimension.";
    module.def(name, run, "input"_a, "dim"_a = nb::none(), nb::kw_only(), "dtype"_a = nb::none(), "axis"_a = nb::none(),
               text);
    type.def(name, run, "dim"_a = nb::none(), nb::kw_only(), "dtype"_a = nb::none(), "axis"_a = nb::none(), text);
  }
  const char* text = "The product of all elements, or along a dimension.";
  module.def("prod", &product, "input"_a, "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(),
             "dtype"_a = nb::none(), "axis"_a = nb::none(), text);
  type.def("prod", &product, "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "dtype"_a = nb::none(),
           "axis"_a = nb::none(), text);
}

}  // namespace relume::python
