// Operations as functions, relume.exp(x), and as methods of Tensor, x.exp().
#include <algorithm>

#include <nanobind/stl/vector.h>

#include "python/core/arguments.h"
#include "python/core/index.h"
#include "python/core/places.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/index.h"
#include "relume/ops/join.h"
#include "relume/ops/matmul.h"
#include "relume/ops/normalization.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"

namespace relume::python {
namespace {

/// A function of each element.
template <class F>
void define_unary(Places& places, const char* name, F f) {
  const auto run = [f](const Tensor& x) {
    const ReleaseFor release(x.elements());
    return f(x);
  };
  places.module.def(
      name, [run, name](const Tensor& x, nb::handle out) { return into(out, run(x), name); }, "input"_a, nb::kw_only(),
      "out"_a = nb::none());
  places.type.def(name, run);
}

/// A bound of clamp as a tensor, or an undefined one.
Tensor bound_from(nb::handle bound, const Tensor& x) {
  if (bound.is_none()) return Tensor();
  if (!is_tensor_like(bound)) wrong_kind("clamp", "a bound", bound, "a number or a tensor");
  return operand_from(bound, x.dtype());
}

// y = min(max(x, low), high):  dx = dy where low ≤ x ≤ high,  dlow = dy below it,  dhigh = dy above it
Tensor clamped(const Tensor& x, nb::handle min, nb::handle max) {
  const Tensor low = bound_from(min, x), high = bound_from(max, x);
  require(low.defined() || high.defined(), "clamp: neither min nor max is given");
  Tensor y;
  {
    const NoGradGuard guard;
    y = low.defined() ? maximum(x, low) : x;
    y = high.defined() ? minimum(y, high) : y;
  }
  const std::vector<Tensor> inputs{x, low.defined() ? low : x.detach(), high.defined() ? high : x.detach()};
  return record(
      y, "ClampBackward1", inputs,
      [x = Saved(x), low = Saved(low), high = Saved(high)](const BackwardContext& c) -> Gradients {
        const Tensor v = c(x).detach(), &least = c(low), &most = c(high), zero = scalar(0, c.gradient.dtype());
        const Tensor yes = ones({}, DType::bool_);
        const auto share = [&](std::size_t i, const Tensor& mask, const Tensor& input) {
          return c.needs(i) ? sum_to(where(mask, c.gradient, zero), input.shape()).to(input.dtype()) : Tensor();
        };
        const Tensor inside = (least.defined() ? v >= least : yes) * (most.defined() ? v <= most : yes);
        const Tensor ordered = least.defined() && most.defined() ? least < most : yes;
        return {share(0, inside, v), least.defined() ? share(1, ordered * (v < least), least) : Tensor(),
                most.defined() ? share(2, where(ordered, v > most, yes), most) : Tensor()};
      });
}

void bind_pointwise(Places& places) {
  define_unary(places, "abs", [](const Tensor& x) { return abs(x); });
  define_unary(places, "neg", [](const Tensor& x) { return -x; });
  define_unary(places, "exp", [](const Tensor& x) { return exp(x); });
  define_unary(places, "log", [](const Tensor& x) { return log(x); });
  define_unary(places, "sqrt", [](const Tensor& x) { return sqrt(x); });
  define_unary(places, "sin", [](const Tensor& x) { return sin(x); });
  define_unary(places, "cos", [](const Tensor& x) { return cos(x); });
  define_unary(places, "sign", [](const Tensor& x) { return sign(x); });
  define_unary(places, "square", [](const Tensor& t) {
    const Tensor x = t.dtype() == DType::bool_ ? t.to(DType::int64) : t;
    return x * x;
  });
  places.define("clamp", &clamped, "min"_a = nb::none(), "max"_a = nb::none(),
                "Held between min and max, numbers or tensors.");
  places.define(
      "matmul",
      [](const Tensor& x, nb::handle other, nb::handle out) {
        const Tensor b = tensor_from(other);
        const auto run = [&] {
          const ReleaseFor release(x.elements() + b.elements());
          return matmul(x, b);
        };
        return into(out, run(), "matmul");
      },
      "other"_a, nb::kw_only(), "out"_a = nb::none(),
      "The product of matrices, batches of them or vectors, as numpy.matmul.");
  for (const bool larger : {true, false})
    places.define(
        larger ? "maximum" : "minimum",
        [larger](const Tensor& a, nb::handle b) {
          const Tensor other = operand_from(b, a.dtype());
          return larger ? maximum(a, other) : minimum(a, other);
        },
        "other"_a, larger ? "The larger of each two elements." : "The smaller of each two elements.");
}

/// Numbers stand beside the other choice; two of them are what relume.tensor() makes of them.
Tensor chosen(const Tensor& condition, nb::handle a, nb::handle b) {
  const auto alone = [](nb::handle h) {
    return PyFloat_Check(h.ptr()) ? DType::float32 : PyBool_Check(h.ptr()) ? DType::bool_ : DType::int64;
  };
  const auto first = number_from(a), second = number_from(b);
  const DType beside_a = second ? alone(b) : tensor_from(b).dtype();
  const DType beside_b = first ? (second ? promote(alone(a), alone(b)) : alone(a)) : tensor_from(a).dtype();
  if (first && second) return where(condition, first->as_tensor(beside_b), second->as_tensor(beside_b));
  return where(condition, operand_from(a, first ? beside_a : beside_b), operand_from(b, second ? beside_b : beside_a));
}

nb::object bound_where(const Tensor& condition, nb::handle a, nb::handle b, nb::handle out) {
  if (a.is_none() != b.is_none()) throw nb::type_error("where: input and other go together");
  if (!a.is_none()) return into(out, chosen(condition, a, b), "where");
  const Tensor places = nonzero(condition);
  nb::list along;
  if (condition.dimensions() == 0) along.append(zeros({places.size(0)}, DType::int64));
  for (int d = 0; d < condition.dimensions(); ++d) along.append(places.select(1, d).contiguous());
  return nb::tuple(along);
}

void bind_choices(Places& places) {
  places.module.def("where", &bound_where, "condition"_a, "input"_a = nb::none(), "other"_a = nb::none(), nb::kw_only(),
                    "out"_a = nb::none(),
                    "input where the condition holds, other elsewhere; of the condition alone, where it holds.");
  places.type.def(
      "where", [](nb::handle x, const Tensor& condition, nb::handle other) { return chosen(condition, x, other); },
      "condition"_a, "other"_a, "This tensor where the condition holds, other elsewhere.");
  places.define(
      "nonzero",
      [](const Tensor& x, bool as_tuple) {
        return as_tuple ? bound_where(x.detach().to(DType::bool_), nb::none(), nb::none(), nb::none())
                        : nb::cast(nonzero(x));
      },
      nb::kw_only(), "as_tuple"_a = false,
      "The places of all elements that are not 0, one row each, or one tensor for each dimension.");
  places.define(
      "equal", [](const Tensor& a, nb::handle b) { return equal(a, tensor_from(b)); }, "other"_a,
      "Whether shapes and all elements are the same.");
  places.define(
      "allclose",
      [](const Tensor& a, nb::handle b, double rtol, double atol, bool equal_nan) {
        const Tensor other = tensor_from(b);
        if (!equal_nan) return allclose(a, other, rtol, atol);
        const Tensor both = (a != a) * (other != other), zero = scalar(0, a.dtype());
        return allclose(where(both, zero, a), where(both, zero, other), rtol, atol);
      },
      "other"_a, "rtol"_a = 1e-5, "atol"_a = 1e-8, "equal_nan"_a = false);
}

Tensor as_index(const Tensor& index, const char* function) {
  require<DTypeError>(index.dtype() == DType::int64 || index.dtype() == DType::int32, "{}: the index is {}, not int64",
                      function, name(index.dtype()));
  return index.detach().to(DType::int64);
}

int dimension_of(nb::handle dim, nb::handle axis, const char* function) {
  return static_cast<int>(whole_from(either(dim, axis, function), function, "dim"));
}

/// The parts, one of which is `size` or which have these sizes.
nb::tuple parts_of(const Tensor& x, nb::handle size, int dim) {
  nb::list parts;
  if (PyTuple_Check(size.ptr()) || PyList_Check(size.ptr())) {
    std::vector<std::int64_t> sizes;
    for (const nb::handle s : size) sizes.push_back(whole_from(s, "split", "a size"));
    for (Tensor& part : split(x, sizes, dim)) parts.append(std::move(part));
  } else {
    for (Tensor& part : split(x, whole_from(size, "split", "split_size"), dim)) parts.append(std::move(part));
  }
  return nb::tuple(parts);
}

/// As PyTorch, for old times' sake: an empty vector joins anything.
Tensor joined(std::vector<Tensor> tensors, int dim) {
  const auto empty_vector = [](const Tensor& t) { return t.dimensions() == 1 && t.elements() == 0; };
  if (!std::all_of(tensors.begin(), tensors.end(), empty_vector)) std::erase_if(tensors, empty_vector);
  return cat(tensors, dim);
}

void bind_arrangement(Places& places) {
  places.define(
      "index_select",
      [](const Tensor& x, nb::handle dim, const Tensor& index, nb::handle axis) {
        const Tensor picked = as_index(index, "index_select");
        const int d = dimension_of(dim, axis, "index_select");
        const Tensor row = picked.dimensions() == 0 ? picked.reshape({1}) : picked;
        return x.dimensions() > 0 ? index_select(x, d, row) : index_select(x.reshape({1}), d, row).reshape({});
      },
      "dim"_a, "index"_a, nb::kw_only(), "axis"_a = nb::none());
  places.define(
      "gather",
      [](const Tensor& x, nb::handle dim, const Tensor& index, nb::handle axis) {
        const int d = dimension_of(dim, axis, "gather");
        const Tensor picked = as_index(index, "gather");
        if (x.dimensions() > 0 && picked.dimensions() > 0) return gather(x, d, picked);
        const auto row = [](const Tensor& t) { return t.dimensions() > 0 ? t : t.reshape({1}); };
        return gather(row(x), d, row(picked)).reshape(picked.shape());
      },
      "dim"_a, "index"_a, nb::kw_only(), "axis"_a = nb::none());
  places.define(
      "split",
      [](const Tensor& x, nb::handle size, nb::handle dim) {
        return parts_of(x, size, dimension_of(dim, nb::none(), "split"));
      },
      "split_size"_a, "dim"_a = 0, "The parts along a dimension, as views: of one size, or of those in a list.");
  for (const char* name : {"cat", "concat"})
    places.module.def(
        name,
        [name](const std::vector<Tensor>& tensors, nb::handle dim, nb::handle axis, nb::handle out) {
          return into(out, joined(tensors, dimension_of(axis.is_none() ? dim : axis, nb::none(), name)), name);
        },
        "tensors"_a, "dim"_a = 0, nb::kw_only(), "axis"_a = nb::none(), "out"_a = nb::none(),
        "One after the other along a dimension.");
  places.module.def(
      "stack",
      [](const std::vector<Tensor>& tensors, nb::handle dim, nb::handle axis, nb::handle out) {
        require(!tensors.empty(), "stack: there is no tensor to stack");
        return into(out, stack(tensors, dimension_of(axis.is_none() ? dim : axis, nb::none(), "stack")), "stack");
      },
      "tensors"_a, "dim"_a = 0, nb::kw_only(), "axis"_a = nb::none(), "out"_a = nb::none(),
      "Beside each other along a new dimension.");
  places.module.def(
      "_layer_norm",
      [](const Tensor& x, nb::handle weight, nb::handle bias, double eps) {
        const auto optional = [](nb::handle t) { return t.is_none() ? Tensor() : tensor_from(t); };
        return layer_norm(x, optional(weight), optional(bias), eps);
      },
      "x"_a, "weight"_a = nb::none(), "bias"_a = nb::none(), "eps"_a = 1e-5);
  places.module.def("_add_at", &add_at, "x"_a, "places"_a, "values"_a);
  places.module.def(
      "_broadcast_shape",
      [](nb::handle a, nb::handle b) { return to_tuple(broadcast(shape_from(a), shape_from(b), "tensor")); }, "a"_a,
      "b"_a);
  places.module.def("one_hot", &one_hot, "indices"_a, "num_classes"_a = -1);
}

}  // namespace

void bind_operations(nb::module_& module) {
  Places places{module, nb::borrow<nb::class_<Tensor>>(nb::type<Tensor>())};
  bind_pointwise(places);
  bind_choices(places);
  bind_arrangement(places);
}

}  // namespace relume::python
