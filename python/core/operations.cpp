// Operations as functions, relume.exp(x), and as methods of Tensor, x.exp().
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/compare.h"
#include "relume/ops/index.h"
#include "relume/ops/join.h"
#include "relume/ops/linear.h"
#include "relume/ops/matmul.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"

namespace relume::python {
namespace {

struct Places {
  nb::module_& module;
  nb::class_<Tensor> type;

  /// A function of x, and the method of the same name.
  template <class F, class... Extra>
  void define(const char* name, F f, const Extra&... extra) {
    module.def(name, f, "x"_a, extra...);
    type.def(name, f, extra...);
  }

  /// A function of each element.
  template <class F>
  void unary(const char* name, F f) {
    define(name, [f](const Tensor& x) {
      const ReleaseFor release(x.elements());
      return f(x);
    });
  }
};

void bind_pointwise(Places& places) {
  places.unary("abs", [](const Tensor& x) { return abs(x); });
  places.unary("exp", [](const Tensor& x) { return exp(x); });
  places.unary("log", [](const Tensor& x) { return log(x); });
  places.unary("sqrt", [](const Tensor& x) { return sqrt(x); });
  places.unary("sin", [](const Tensor& x) { return sin(x); });
  places.unary("cos", [](const Tensor& x) { return cos(x); });
  places.unary("sign", [](const Tensor& x) { return sign(x); });
  places.define(
      "clamp", [](const Tensor& x, double low, double high) { return clamp(x, low, high); },
      "min"_a = -std::numeric_limits<double>::infinity(), "max"_a = std::numeric_limits<double>::infinity(),
      "Held between min and max.");
  places.define(
      "pow", [](const Tensor& x, double exponent) { return pow(x, exponent); }, "exponent"_a);
  places.define(
      "matmul",
      [](const Tensor& x, const Tensor& other) {
        const ReleaseFor release(x.elements() + other.elements());
        return matmul(x, other);
      },
      "other"_a, "The product of matrices, batches of them or vectors, as numpy.matmul.");
  places.module.def(
      "maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); }, "a"_a, "b"_a);
  places.module.def(
      "minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); }, "a"_a, "b"_a);
  places.module.def(
      "where", [](const Tensor& condition, const Tensor& a, const Tensor& b) { return where(condition, a, b); },
      "condition"_a, "a"_a, "b"_a, "a where the condition holds, b elsewhere.");
  places.module.def(
      "equal", [](const Tensor& a, const Tensor& b) { return equal(a, b); }, "a"_a, "b"_a,
      "Whether shapes and all elements are the same.");
  places.module.def(
      "allclose", [](const Tensor& a, const Tensor& b, double rtol, double atol) { return allclose(a, b, rtol, atol); },
      "a"_a, "b"_a, "rtol"_a = 1e-5, "atol"_a = 1e-8);
}

/// f over all elements, or along dimensions.
template <class All, class Along>
void bind_reduction(Places& places, const char* name, All all, Along along) {
  places.define(
      name,
      [all, along](const Tensor& x, nb::handle dim, bool keepdim) {
        const Shape dimensions = dim.is_none() ? Shape() : shape_from(dim);
        const ReleaseFor release(x.elements());
        return dimensions.dimensions() == 0 ? all(x) : along(x, dimensions, keepdim);
      },
      "dim"_a = nb::none(), "keepdim"_a = false);
}

/// An extreme over all elements, or along one dimension as (values, indices).
template <class All, class Along>
void bind_extreme(Places& places, const char* name, All all, Along along) {
  places.define(
      name,
      [all, along](const Tensor& x, nb::handle dim, bool keepdim) -> nb::object {
        if (dim.is_none()) return nb::cast(all(x));
        const Ordered found = along(x, nb::cast<int>(dim), keepdim);
        return nb::make_tuple(found.values, found.indices);
      },
      "dim"_a = nb::none(), "keepdim"_a = false);
}

template <class Of>
void bind_place(Places& places, const char* name, Of of) {
  places.define(
      name,
      [of](const Tensor& x, nb::handle dim, bool keepdim) {
        return dim.is_none() ? of(x.flatten(), 0, false) : of(x, nb::cast<int>(dim), keepdim);
      },
      "dim"_a = nb::none(), "keepdim"_a = false);
}

void bind_reductions(Places& places) {
  bind_reduction(
      places, "sum", [](const Tensor& x) { return sum(x); },
      [](const Tensor& x, const Shape& d, bool keep) { return sum(x, d, keep); });
  bind_reduction(
      places, "mean", [](const Tensor& x) { return mean(x); },
      [](const Tensor& x, const Shape& d, bool keep) { return mean(x, d, keep); });
  bind_reduction(
      places, "norm", [](const Tensor& x) { return norm(x); },
      [](const Tensor& x, const Shape& d, bool keep) { return norm(x, d, keep); });
  bind_reduction(
      places, "logsumexp", [](const Tensor& x) { return logsumexp(x); },
      [](const Tensor& x, const Shape& d, bool keep) { return logsumexp(x, d, keep); });
  bind_extreme(
      places, "max", [](const Tensor& x) { return max(x); },
      [](const Tensor& x, int d, bool keep) { return max(x, d, keep); });
  bind_extreme(
      places, "min", [](const Tensor& x) { return min(x); },
      [](const Tensor& x, int d, bool keep) { return min(x, d, keep); });
  bind_place(places, "argmax", [](const Tensor& x, int d, bool keep) { return argmax(x, d, keep); });
  bind_place(places, "argmin", [](const Tensor& x, int d, bool keep) { return argmin(x, d, keep); });
  const auto dimensions = [](nb::handle dim) { return dim.is_none() ? Shape() : shape_from(dim); };
  places.define(
      "var",
      [dimensions](const Tensor& x, nb::handle dim, double correction, bool keepdim) {
        return var(x, dimensions(dim), correction, keepdim);
      },
      "dim"_a = nb::none(), "correction"_a = 1, "keepdim"_a = false);
  places.define(
      "std",
      [dimensions](const Tensor& x, nb::handle dim, double correction, bool keepdim) {
        return stddev(x, dimensions(dim), correction, keepdim);
      },
      "dim"_a = nb::none(), "correction"_a = 1, "keepdim"_a = false);
}

void bind_arrangement(Places& places) {
  places.define(
      "index_select", [](const Tensor& x, int dim, const Tensor& index) { return index_select(x, dim, index); },
      "dim"_a, "index"_a);
  places.define(
      "gather", [](const Tensor& x, int dim, const Tensor& index) { return gather(x, dim, index); }, "dim"_a,
      "index"_a);
  places.define(
      "sort",
      [](const Tensor& x, int dim, bool descending) {
        const Ordered found = sort(x, dim, descending);
        return std::pair(found.values, found.indices);
      },
      "dim"_a = -1, "descending"_a = false);
  places.define(
      "topk",
      [](const Tensor& x, std::int64_t k, int dim, bool largest) {
        const Ordered found = topk(x, k, dim, largest);
        return std::pair(found.values, found.indices);
      },
      "k"_a, "dim"_a = -1, "largest"_a = true);
  places.define(
      "split", [](const Tensor& x, std::int64_t size, int dim) { return split(x, size, dim); }, "split_size"_a,
      "dim"_a = 0);
  places.module.def(
      "cat", [](const std::vector<Tensor>& tensors, int dim) { return cat(tensors, dim); }, "tensors"_a, "dim"_a = 0);
  places.module.def(
      "stack", [](const std::vector<Tensor>& tensors, int dim) { return stack(tensors, dim); }, "tensors"_a,
      "dim"_a = 0);
  places.module.def("one_hot", &one_hot, "indices"_a, "num_classes"_a = -1);
}

}  // namespace

void bind_operations(nb::module_& module) {
  Places places{module, nb::borrow<nb::class_<Tensor>>(nb::type<Tensor>())};
  bind_pointwise(places);
  bind_reductions(places);
  bind_arrangement(places);
}

}  // namespace relume::python
