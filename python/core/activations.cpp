// The family as functions, made from the table: what is added there is here too.
#include <algorithm>
#include <array>
#include <utility>

#include <nanobind/stl/string.h>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "python/core/core.h"
#include "python/core/elementwise.h"
#include "relume/autograd/grad_mode.h"
#include "relume/ops/activation.h"
#include "relume/ops/assign.h"

namespace relume::python {
namespace {

using activation::Entry;
using activation::Kind;

std::string formula_of(const Entry& entry) {
  std::string text = "y = " + std::string(entry.info.formula);
  if (entry.kind == Kind::rows) text += ", of the elements along dimension `dim`";
  if (entry.kind == Kind::gated) text += ": the halves a and b of dimension `dim`";
  if (entry.kind == Kind::concatenated) text += ": dimension `dim` becomes twice as long";
  return text;
}

std::string document(const Entry& entry, bool elementwise) {
  std::string text = formula_of(entry) + ".\n\n";
  for (const auto& parameter : entry.parameters) {
    char line[160];
    std::snprintf(line, sizeof line, "%.*s: default %g, between %g and %g\n", static_cast<int>(parameter.name.size()),
                  parameter.name.data(), parameter.value, parameter.range.min, parameter.range.max);
    text += line;
  }
  if (entry.kind == Kind::parametric) text += "weight: the slope, one value or one for each size of dimension 1\n";
  text += elementwise
              ? "x: a number, a NumPy array or scalar, nested lists, a pandas frame, a relume, PyTorch or JAX tensor\n"
              : "x: the same kinds as for relu; its dimension `dim` counts from the end where negative\n";
  text += elementwise ? "out: an array of x's shape that is written to and returned; it may be x itself\n" : "";
  text += elementwise ? "inplace: whether x itself is written to\n" : "";
  text += "\nThe result is of x's kind";
  text += elementwise ? ", shape and dtype" : " and dtype";
  text += entry.integers ? ". Integers stay integers" : ". Integers become float64";
  text += "; NaN stays NaN.\n";
  text += "Raises TypeError for what holds no numbers and ValueError for a parameter outside of its range";
  text += elementwise ? " or an `out` of another shape.\n" : ".\n";
  if (!entry.info.reference.empty()) text += "\n" + std::string(entry.info.reference) + ".\n";
  return text;
}

/// A tensor of another library goes in and out as DLPack, through relume's own.
nb::object through_tensor(const Activation& f, nb::handle x, int dim) {
  const bool elementwise = f.entry().kind == Kind::elementwise;
  Tensor given = tensor_from(x), y;
  {
    const ReleaseFor release(given.elements());
    const NoGradGuard guard;
    const DType own = given.dtype();
    if (!is_floating(own) && !(elementwise && f.entry().supports(own))) given = given.to(DType::float64);
    const bool narrow = !elementwise && size_of(given.dtype()) < 4;
    if (narrow) given = given.to(DType::float32);
    y = elementwise ? activate(f, given) : activate(f, given, dim);
    if (narrow) y = y.to(own);
  }
  return nb::module_::import_("relume._foreign").attr("like")(x, y);
}

nb::object apply_to_number(const Entry& entry, const double* parameters, nb::handle x) {
  if (PyLong_Check(x.ptr()) && entry.integers) {
    int overflow = 0;
    const std::int64_t whole = PyLong_AsLongLongAndOverflow(x.ptr(), &overflow);
    if (!overflow) {
      std::int64_t y = 0;
      entry.forward(DType::int64, &whole, &y, 1, parameters);
      return nb::cast(y);
    }
  }
  const double real = PyFloat_AsDouble(x.ptr());
  if (real == -1 && PyErr_Occurred()) nb::raise_python_error();
  double y = 0;
  entry.forward(DType::float64, &real, &y, 1, parameters);
  return nb::cast(y);
}

void no_out(const Entry& entry, nb::handle out) {
  if (!out.is_none())
    throw nb::type_error((std::string(entry.info.name) + ": out goes with NumPy arrays alone").c_str());
}

/// f(x), written over x: an array, or a tensor by the rules of in-place operations.
nb::object apply_in_place(const Entry& entry, const Activation* changed, nb::handle x) {
  if (is_array(x)) return apply_to_array(entry, changed ? changed->parameters() : nullptr, x, x);
  if (!nb::isinstance<Tensor>(x))
    throw nb::type_error((std::string(entry.info.name) + ": inplace goes with arrays and tensors").c_str());
  const Tensor& tensor = nb::cast<const Tensor&>(x);
  assign_result(tensor, activate(changed ? *changed : Activation(entry), before_write(tensor)), entry.info.name.data());
  return nb::borrow(x);
}

/// PyTorch's sigmoid and tanh take integers.
bool becomes_floating(const Entry& entry, DType dtype) {
  return !is_floating(dtype) && (entry.info.name == "sigmoid" || entry.info.name == "tanh");
}

nb::object apply_elementwise(const Entry& entry, const Activation* changed, nb::handle x, nb::handle out,
                             nb::handle inplace);

/// Arrays with a mask, an index, a unit …: what surrounds their numbers goes on as it does through a ufunc of NumPy's.
nb::object apply_as_ufunc(const Entry& entry, const Activation* changed, nb::handle x, nb::handle out) {
  const auto of_numbers = [f = changed ? *changed : Activation(entry)](nb::handle numbers, nb::handle into) {
    return apply_elementwise(f.entry(), &f, numbers, into, nb::handle(Py_False));
  };
  return nb::module_::import_("relume._foreign")
      .attr("as_ufunc")(entry.info.name.data(), nb::cpp_function(of_numbers, "x"_a, "out"_a = nb::none()), x, out);
}

nb::object apply_elementwise(const Entry& entry, const Activation* changed, nb::handle x, nb::handle out,
                             nb::handle inplace) {
  // As PyTorch has it inplace stands where out does here: relu(x, True).
  if (PyBool_Check(out.ptr()) || !inplace.is(nb::handle(Py_False))) {
    if (!PyBool_Check(out.ptr()) && !out.is_none())
      throw nb::type_error((std::string(entry.info.name) + ": out and inplace exclude each other").c_str());
    const bool wanted = PyBool_Check(out.ptr()) ? out.is(nb::handle(Py_True)) : PyObject_IsTrue(inplace.ptr()) == 1;
    if (wanted) return apply_in_place(entry, changed, x);
    out = nb::handle(Py_None);
  }
  const double* parameters = changed ? changed->parameters() : nullptr;
  if (is_plain_array(x) && (is_plain_array(out) || !is_array(out))) return apply_to_array(entry, parameters, x, out);
  if (is_array(x)) return apply_as_ufunc(entry, changed, x, out);
  if (nb::isinstance<Tensor>(x)) {
    no_out(entry, out);
    const Tensor& tensor = nb::cast<const Tensor&>(x);
    const auto run = [&] {
      const ReleaseFor release(tensor.elements());
      if (!entry.supports(tensor.dtype()) && becomes_floating(entry, tensor.dtype()))
        return activate(changed ? *changed : Activation(entry), tensor.to(DType::float32));
      return activate(changed ? *changed : Activation(entry), tensor);
    };
    return nb::cast(run());
  }
  if (PyFloat_CheckExact(x.ptr()) || PyLong_CheckExact(x.ptr())) {
    no_out(entry, out);
    return apply_to_number(entry, parameters, x);
  }
  if (nb::hasattr(x, "__dlpack__")) {
    no_out(entry, out);
    return through_tensor(changed ? *changed : Activation(entry), x, 0);
  }
  if (nb::hasattr(x, "dtype") && !nb::hasattr(x, "__len__") && nb::hasattr(x, "item")) {
    no_out(entry, out);
    return apply_to_scalar(entry, parameters, x);
  }
  if (nb::hasattr(x, "__array_ufunc__")) return apply_as_ufunc(entry, changed, x, out);
  return apply_to_array(entry, parameters, as_array(x), out);
}

/// A parameter for each place.
template <std::size_t>
using Number = Real;

template <std::size_t... I>
void bind_elementwise(nb::module_& module, const Entry& entry, std::index_sequence<I...>) {
  const auto call = [&entry](nb::handle x, Number<I>... values, nb::handle out, nb::handle inplace) {
    const std::array<bool, sizeof...(I) + 1> at_default{values.value == entry.parameters[I].value..., true};
    if (std::find(at_default.begin(), at_default.end(), false) == at_default.end())
      return apply_elementwise(entry, nullptr, x, out, inplace);
    Activation changed(entry);
    (changed.set(entry.parameters[I].name, values.value), ...);
    return apply_elementwise(entry, &changed, x, out, inplace);
  };
  const std::string text = document(entry, true);
  module.def(entry.info.name.data(), call, "x"_a,
             (nb::arg(entry.parameters[I].name.data()) = entry.parameters[I].value)..., "out"_a = nb::none(),
             "inplace"_a = false, text.c_str());
}

void bind_along(nb::module_& module, const Entry& entry) {
  const auto call = [&entry](nb::handle x, nb::handle dim, nb::handle dtype) -> nb::object {
    const Activation f(entry);
    const auto along = static_cast<int>(whole_from(dim, entry.info.name.data(), "dim"));
    if (nb::isinstance<Tensor>(x)) {
      const Tensor& tensor = nb::cast<const Tensor&>(x);
      return nb::cast(activate(f, dtype.is_none() ? tensor : tensor.to(*dtype_from(dtype)), along));
    }
    if (!dtype.is_none())
      throw nb::type_error((std::string(entry.info.name) + ": dtype goes with tensors; convert the array").c_str());
    return through_tensor(f, x, along);
  };
  const std::string text = document(entry, false);
  module.def(entry.info.name.data(), call, "x"_a, "dim"_a = -1, "dtype"_a = nb::none(), text.c_str());
}

void bind_parametric(nb::module_& module, const Entry& entry) {
  const auto call = [](nb::handle x, nb::handle weight) -> nb::object {
    if (nb::isinstance<Tensor>(x)) return nb::cast(prelu(nb::cast<const Tensor&>(x), tensor_from(weight)));
    const NoGradGuard guard;
    const Tensor given = tensor_from(x);
    return nb::module_::import_("relume._foreign").attr("like")(x, prelu(given, tensor_from(weight).to(given.dtype())));
  };
  const std::string text = document(entry, false);
  module.def(entry.info.name.data(), call, "x"_a, "weight"_a = 0.25, text.c_str());
}

void bind_entry(nb::module_& module, const Entry& entry) {
  if (entry.kind == Kind::parametric) return bind_parametric(module, entry);
  if (entry.kind != Kind::elementwise) return bind_along(module, entry);
  switch (entry.parameters.size()) {
    case 0: return bind_elementwise(module, entry, std::index_sequence<>());
    case 1: return bind_elementwise(module, entry, std::make_index_sequence<1>());
    case 2: return bind_elementwise(module, entry, std::make_index_sequence<2>());
    case 3: return bind_elementwise(module, entry, std::make_index_sequence<3>());
    default: return bind_elementwise(module, entry, std::make_index_sequence<4>());
  }
}

}  // namespace

void bind_activations(nb::module_& module) {
  nb::list names;
  for (const Entry& entry : activation::table()) {
    bind_entry(module, entry);
    names.append(nb::str(entry.info.name.data(), entry.info.name.size()));
  }
  module.attr("activation_names") = nb::tuple(names);
}

}  // namespace relume::python
