// Sums, extremes, norms and the like, as functions and as methods: relume.sum(x, dim=1), x.sum(1).
#include <cmath>

#include "python/core/arguments.h"
#include "python/core/places.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"

namespace relume::python {
namespace {

Shape all_of(const Tensor& x) {
  Shape all;
  for (int d = 0; d < x.dimensions(); ++d) all.push_back(d);
  return all;
}

/// The dimensions meant, counted from 0: of None and () all. A tensor without dimensions has 0 and −1 for itself.
Shape meant(const Tensor& x, nb::handle dim, const char* function) {
  const Shape given = dimensions_from(dim, function);
  if (given.dimensions() == 0) return all_of(x);
  const int n = std::max(x.dimensions(), 1);
  Shape result;
  for (const std::int64_t d : given) {
    require<IndexError>(d >= -n && d < n, "{}: dimension {} is not in {}", function, d, x.shape());
    if (x.dimensions() > 0) result.push_back(d < 0 ? d + n : d);
  }
  return result;
}

Tensor as_wanted(const Tensor& x, nb::handle dtype) { return dtype.is_none() ? x : x.to(*dtype_from(dtype)); }

/// A tensor without dimensions as it is, whatever f makes of dimensions.
template <class F>
void bind_reduction(Places& places, const char* name, F f, const char* text) {
  places.define(
      name,
      [f, name](const Tensor& given, nb::handle dim, bool keepdim, nb::handle dtype, nb::handle axis, nb::handle out) {
        const Tensor x = as_wanted(given, dtype);
        const Shape along = meant(x, either(dim, axis, name), name);
        const auto run = [&] {
          const ReleaseFor release(x.elements());
          return f(x, along, keepdim);
        };
        return into(out, as_wanted(run(), dtype), name);
      },
      "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "dtype"_a = nb::none(), "axis"_a = nb::none(),
      "out"_a = nb::none(), text);
}

/// The same without dtype and out.
template <class F>
void bind_plain_reduction(Places& places, const char* name, F f, const char* text) {
  places.define(
      name,
      [f, name](const Tensor& x, nb::handle dim, bool keepdim, nb::handle axis) {
        return f(x, meant(x, either(dim, axis, name), name), keepdim);
      },
      "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "axis"_a = nb::none(), text);
}

Tensor sum_along(const Tensor& x, const Shape& along, bool keepdim) {
  return x.dimensions() == along.dimensions() && !keepdim ? sum(x)
         : along.dimensions()                             ? sum(x, along, keepdim)
                                                          : sum(x);
}

Tensor mean_along(const Tensor& x, const Shape& along, bool keepdim) {
  return x.dimensions() == along.dimensions() && !keepdim ? mean(x)
         : along.dimensions()                             ? mean(x, along, keepdim)
                                                          : mean(x);
}

Tensor dropped(const Tensor& kept, const Shape& along, bool keepdim) {
  if (keepdim) return kept;
  Shape shape;
  for (int d = 0; d < kept.dimensions(); ++d)
    if (std::find(along.begin(), along.end(), d) == along.end()) shape.push_back(kept.shape()[d]);
  return kept.reshape(shape);
}

// y = max x along dimensions:  dx = dy where x = y, shared among equals
Tensor extreme_along(const Tensor& x, const Shape& along, bool keepdim, bool largest) {
  Tensor y;
  {
    const NoGradGuard guard;
    y = x.detach().clone();
    for (const std::int64_t d : along)
      y = largest ? max(y, static_cast<int>(d), true).values : min(y, static_cast<int>(d), true).values;
  }
  y = record(y, largest ? "AmaxBackward0" : "AminBackward0", {&x},
             [x = Saved(x), y = saved_output(y), along](const BackwardContext& c) -> Gradients {
               const Tensor winners = (c(x) == c(y)).to(c.gradient.dtype());
               return {winners * (c.gradient / sum(winners, along, true))};
             });
  return dropped(y, along, keepdim);
}

Tensor some(const Tensor& x, const Shape& along, bool keepdim, bool all) {
  const Tensor counted = all ? x.detach() == Scalar(0) : x.detach() != Scalar(0);
  const Tensor count = sum_along(counted, along, keepdim);
  const Tensor y = all ? count == Scalar(0) : count > Scalar(0);
  return x.dtype() == DType::uint8 ? y.to(DType::uint8) : y;
}

/// (Σ |x|ᵖ)^{1/p}; of p = ∞ the largest |x|, of −∞ the smallest, of 0 how many are not 0.
Tensor norm_of(const Tensor& x, double p, const Shape& along, bool keepdim) {
  require<DTypeError>(is_floating(x.dtype()), "norm: of {}; convert it with to(float32) first", name(x.dtype()));
  if (p == 2 && x.dimensions() > 0) return norm(x, along, keepdim);
  if (p == 2) return abs(x);
  if (std::isinf(p)) return extreme_along(abs(x), along, keepdim, p > 0);
  if (p == 0) return sum_along((x != Scalar(0)).to(x.dtype()) + x * 0.0, along, keepdim);
  if (p == 1) return sum_along(abs(x), along, keepdim);
  return pow(sum_along(pow(abs(x), Scalar(p)), along, keepdim), Scalar(1 / p));
}

nb::object bound_norm(const Tensor& given, nb::handle p, nb::handle dim, bool keepdim, nb::handle dtype,
                      nb::handle axis, nb::handle out) {
  const Tensor x = as_wanted(given, dtype);
  const bool euclidean = p.is_none() || (PyUnicode_Check(p.ptr()) && text_of(p) == "fro");
  if (!euclidean && PyUnicode_Check(p.ptr()))
    throw nb::value_error(("norm: p is \"" + text_of(p) + "\"; it takes a number or \"fro\"").c_str());
  const double power = euclidean ? 2 : real_from(p, "norm", "p");
  return into(out, norm_of(x, power, meant(x, either(dim, axis, "norm"), "norm"), keepdim), "norm");
}

/// What var and std are given: the dimensions, and by how much the count is lessened.
struct Spread {
  Shape along;
  double correction = 1;
};

/// var(dim, unbiased, keepdim) and var(unbiased), as PyTorch has them, and correction=.
Spread spread_of(const char* name, const Tensor& x, nb::handle dim, nb::handle unbiased, nb::handle correction,
                 nb::handle axis) {
  const bool only_unbiased = PyBool_Check(dim.ptr());
  if (only_unbiased && !unbiased.is_none())
    throw nb::type_error((std::string(name) + ": dim is a bool, not an int").c_str());
  const nb::handle how = only_unbiased ? dim : unbiased;
  Spread spread;
  spread.along = meant(x, either(only_unbiased ? nb::handle(Py_None) : dim, axis, name), name);
  if (!how.is_none()) {
    if (!PyBool_Check(how.ptr())) wrong_kind(name, "unbiased", how, "a bool; pass correction= by its name");
    if (!correction.is_none())
      throw nb::type_error((std::string(name) + ": both unbiased and correction are given").c_str());
    spread.correction = how.is(nb::handle(Py_True)) ? 1 : 0;
  } else if (!correction.is_none()) {
    spread.correction = real_from(correction, name, "correction");
  }
  return spread;
}

void bind_spread(Places& places, const char* name, Tensor (*f)(const Tensor&, const Shape&, double, bool),
                 const char* text) {
  places.define(
      name,
      [f, name](const Tensor& x, nb::handle dim, nb::handle unbiased, bool keepdim, nb::handle correction,
                nb::handle axis, nb::handle out) {
        // var(1, True), as PyTorch has it, says unbiased second.
        const Spread spread = spread_of(name, x, dim, unbiased, correction, axis);
        if (x.dimensions() > 0) return into(out, f(x, spread.along, spread.correction, keepdim), name);
        return into(out, f(x.reshape({1}), {0}, spread.correction, false), name);
      },
      "dim"_a = nb::none(), "unbiased"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "correction"_a = nb::none(),
      "axis"_a = nb::none(), "out"_a = nb::none(), text);
}

/// (values, indices) by name.
nb::object pair_of(const Ordered& found) {
  // Kept for ever: it may be asked for after Python has taken the module apart.
  static nb::object* const type = new nb::object(nb::module_::import_("relume._returns").attr("ValuesAndIndices"));
  return (*type)(found.values, found.indices);
}

/// f(x, dimension) of a tensor without dimensions, too.
template <class F>
Ordered ordered(const Tensor& x, std::int64_t dim, const char* name, F f) {
  if (x.dimensions() > 0) return f(x, static_cast<int>(dim));
  require<IndexError>(dim == 0 || dim == -1, "{}: dimension {} is not in {}", name, dim, x.shape());
  const Ordered found = f(x.reshape({1}), 0);
  const auto back = [](const Tensor& t) { return t.elements() == 1 ? t.reshape({}) : t; };
  return {back(found.values), back(found.indices)};
}

/// The largest of all, those along a dimension with their places, or the larger of two tensors.
void bind_extreme(Places& places, const char* name, bool largest) {
  places.define(
      name,
      [name, largest](const Tensor& x, nb::handle dim, bool keepdim, nb::handle axis, nb::handle other) -> nb::object {
        const nb::handle second = !other.is_none() ? other : dim;
        if (!other.is_none() || nb::isinstance<Tensor>(dim)) {
          const Tensor y = tensor_from(second);
          return nb::cast(largest ? maximum(x, y) : minimum(x, y));
        }
        const nb::handle along = either(dim, axis, name);
        if (along.is_none()) {
          if (keepdim) throw nb::type_error((std::string(name) + ": keepdim goes with dim").c_str());
          return nb::cast(largest ? max(x) : min(x));
        }
        return pair_of(ordered(x, whole_from(along, name, "dim"), name, [&](const Tensor& t, int d) {
          const bool keep = keepdim || x.dimensions() == 0;
          return largest ? max(t, d, keep) : min(t, d, keep);
        }));
      },
      "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "axis"_a = nb::none(), "other"_a = nb::none());
}

void bind_place(Places& places, const char* name, Tensor (*of)(const Tensor&, int, bool)) {
  places.define(
      name,
      [of, name](const Tensor& x, nb::handle dim, bool keepdim, nb::handle axis) {
        const nb::handle along = either(dim, axis, name);
        if (along.is_none()) {
          Shape ones;
          for (int d = 0; keepdim && d < x.dimensions(); ++d) ones.push_back(1);
          return of(x.flatten(), 0, false).reshape(ones);
        }
        const std::int64_t d = whole_from(along, name, "dim");
        if (x.dimensions() > 0) return of(x, static_cast<int>(d), keepdim);
        require<IndexError>(d == 0 || d == -1, "{}: dimension {} is not in {}", name, d, x.shape());
        return zeros({}, DType::int64);
      },
      "dim"_a = nb::none(), "keepdim"_a = false, nb::kw_only(), "axis"_a = nb::none());
}

void bind_order(Places& places) {
  places.define(
      "sort",
      [](const Tensor& x, nb::handle dim, bool descending, bool /*stable: it always is*/, nb::handle axis) {
        const nb::handle along = axis.is_none() ? dim : axis;
        return pair_of(ordered(x, whole_from(along, "sort", "dim"), "sort",
                               [&](const Tensor& t, int d) { return sort(t, d, descending); }));
      },
      "dim"_a = -1, "descending"_a = false, "stable"_a = false, nb::kw_only(), "axis"_a = nb::none(),
      "The elements in order along a dimension, and where they were. Equal ones keep their order.");
  places.define(
      "topk",
      [](const Tensor& x, nb::handle k, nb::handle dim, bool largest, bool /*sorted: they always are*/,
         nb::handle axis) {
        const nb::handle along = axis.is_none() ? dim : axis;
        const std::int64_t count = whole_from(k, "topk", "k");
        return pair_of(ordered(x, whole_from(along, "topk", "dim"), "topk",
                               [&](const Tensor& t, int d) { return topk(t, count, d, largest); }));
      },
      "k"_a, "dim"_a = -1, "largest"_a = true, "sorted"_a = true, nb::kw_only(), "axis"_a = nb::none(),
      "The k largest (smallest) elements along a dimension, in order, and where they were.");
}

}  // namespace

void bind_reductions(nb::module_& module) {
  Places places{module, nb::borrow<nb::class_<Tensor>>(nb::type<Tensor>())};
  bind_reduction(places, "sum", &sum_along, "The sum of all elements, or along one dimension or several.");
  bind_reduction(places, "mean", &mean_along, "The mean of all elements, or along one dimension or several.");
  bind_plain_reduction(
      places, "logsumexp",
      [](const Tensor& x, const Shape& along, bool keepdim) {
        const Tensor real = is_floating(x.dtype()) ? x : x.to(DType::float32);
        return x.dimensions() > 0 ? logsumexp(real, along, keepdim) : logsumexp(real.reshape({1}), {0}, false);
      },
      "The logarithm of the sum of exponentials.");
  bind_plain_reduction(
      places, "amax", [](const Tensor& x, const Shape& d, bool keep) { return extreme_along(x, d, keep, true); },
      "The largest element; equal ones share the gradient.");
  bind_plain_reduction(
      places, "amin", [](const Tensor& x, const Shape& d, bool keep) { return extreme_along(x, d, keep, false); },
      "The smallest element; equal ones share the gradient.");
  bind_plain_reduction(
      places, "any", [](const Tensor& x, const Shape& d, bool keep) { return some(x, d, keep, false); },
      "Whether any element is not 0.");
  bind_plain_reduction(
      places, "all", [](const Tensor& x, const Shape& d, bool keep) { return some(x, d, keep, true); },
      "Whether no element is 0.");
  places.define("norm", &bound_norm, "p"_a = "fro", "dim"_a = nb::none(), "keepdim"_a = false, "dtype"_a = nb::none(),
                nb::kw_only(), "axis"_a = nb::none(), "out"_a = nb::none(),
                "(Σ |x|ᵖ)^(1/p) of all elements, or along dimensions; p may be inf, and is 2 by default.");
  bind_extreme(places, "max", true);
  bind_extreme(places, "min", false);
  bind_place(places, "argmax", &argmax);
  bind_place(places, "argmin", &argmin);
  bind_spread(places, "var", &var, "The variance; unbiased=False or correction=0 for that of the values themselves.");
  bind_spread(places, "std", &stddev, "The square root of var().");
  bind_order(places);
}

}  // namespace relume::python
