#include <algorithm>
#include <array>

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "python/core/buffer.h"
#include "python/core/core.h"
#include "python/core/elementwise.h"
#include "python/core/index.h"
#include "relume/autograd/grad.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/assign.h"

namespace relume::python {
namespace {

nb::object item(const Tensor& t) {
  if (t.dtype() == DType::bool_) return nb::cast(t.item<bool>());
  return is_floating(t.dtype()) ? nb::cast(t.item<double>()) : nb::cast(t.item<std::int64_t>());
}

/// The dimensions in reverse.
Tensor reversed(const Tensor& t) {
  Shape order;
  for (int d = t.dimensions() - 1; d >= 0; --d) order.push_back(d);
  return t.dimensions() < 2 ? t : t.permute(order);
}

/// Without dimensions of size 1: all of them, or those that are named.
Tensor squeezed(const Tensor& t, nb::handle dim) {
  const Shape given = dimensions_from(dim, "squeeze");
  std::array<bool, Shape::max_dimensions> named{};
  const int n = std::max(t.dimensions(), 1);
  for (const std::int64_t d : given) {
    require<IndexError>(d >= -n && d < n, "squeeze: dimension {} is not in {}", d, t.shape());
    require(!named[static_cast<std::size_t>(d < 0 ? d + n : d)], "squeeze: dimension {} is given twice", d);
    named[static_cast<std::size_t>(d < 0 ? d + n : d)] = true;
  }
  Tensor result = t;
  for (int d = t.dimensions() - 1; d >= 0; --d)
    if (t.shape()[d] == 1 && (dim.is_none() || named[static_cast<std::size_t>(d)])) result = result.squeeze(d);
  return result;
}

Tensor flattened(const Tensor& t, nb::handle start_dim, nb::handle end_dim) {
  const int n = std::max(t.dimensions(), 1);
  const auto counted = [&](nb::handle dim, const char* argument) {
    const std::int64_t d = whole_from(dim, "flatten", argument);
    require<IndexError>(d >= -n && d < n, "flatten: dimension {} is not in {}", d, t.shape());
    return static_cast<int>(d < 0 ? d + n : d);
  };
  const int from = counted(start_dim, "start_dim"), to = counted(end_dim, "end_dim");
  require(from <= to, "flatten: start_dim {} comes after end_dim {}", from, to);
  if (t.dimensions() == 0) return t.reshape({1});
  Shape shape;
  std::int64_t joined = 1;
  for (int d = 0; d < t.dimensions(); ++d) {
    if (d >= from && d <= to) joined *= t.shape()[d];
    if (d < from || d > to) shape.push_back(t.shape()[d]);
    if (d == to) shape.push_back(joined);
  }
  return t.reshape(shape);
}

int dimension_from(nb::handle dim, const char* function, const char* argument) {
  return static_cast<int>(whole_from(dim, function, argument));
}

/// A tensor without dimensions is turned around by 0 and −1.
Tensor transposed(const Tensor& t, nb::handle dim0, nb::handle dim1) {
  const int a = dimension_from(dim0, "transpose", "dim0"), b = dimension_from(dim1, "transpose", "dim1");
  const auto itself = [](int d) { return d == 0 || d == -1; };
  return t.dimensions() == 0 && itself(a) && itself(b) ? t : t.transpose(a, b);
}

void bind_views(nb::class_<Tensor>& type) {
  type.def(
          "reshape", [](const Tensor& t, const nb::args& shape) { return t.reshape(shape_from(shape)); },
          "The same elements in another shape, one of whose sizes may be -1; a view where that can be.")
      .def(
          "view", [](const Tensor& t, const nb::args& shape) { return t.view(shape_from(shape)); },
          "As reshape, but raises where it would have to copy.")
      .def("transpose", &transposed, "dim0"_a, "dim1"_a)
      .def("t", [](const Tensor& t) { return t.dimensions() < 2 ? t : t.t(); })
      .def_prop_ro("T", &reversed, "The dimensions in reverse: of a matrix the transposed.")
      .def_prop_ro(
          "mT", [](const Tensor& t) { return t.transpose(-1, -2); }, "The last two dimensions exchanged.")
      .def("permute", [](const Tensor& t, const nb::args& order) { return t.permute(shape_from(order)); })
      .def("expand", [](const Tensor& t, const nb::args& shape) { return t.expand(shape_from(shape)); })
      .def("squeeze", &squeezed, "dim"_a = nb::none())
      .def(
          "unsqueeze",
          [](const Tensor& t, nb::handle dim) { return t.unsqueeze(dimension_from(dim, "unsqueeze", "dim")); }, "dim"_a)
      .def("flatten", &flattened, "start_dim"_a = 0, "end_dim"_a = -1)
      .def(
          "select",
          [](const Tensor& t, nb::handle dim, nb::handle index) {
            return t.select(dimension_from(dim, "select", "dim"), whole_from(index, "select", "index"));
          },
          "dim"_a, "index"_a)
      .def("contiguous", &Tensor::contiguous)
      .def("is_contiguous", &Tensor::is_contiguous)
      .def("clone", &Tensor::clone)
      .def("detach", &Tensor::detach)
      .def("__getitem__", &get_item, nb::arg("index").none())
      .def("__setitem__", &set_item, nb::arg("index").none(), nb::arg("value"))
      .def("__len__", [](const Tensor& t) {
        if (t.dimensions() == 0) throw nb::type_error("len: of a tensor without dimensions");
        return t.size(0);
      });
}

bool is_device(nb::handle object) {
  if (nb::isinstance<nb::str>(object)) {
    const std::string text = text_of(object);
    return std::find(std::begin(dtype_names), std::end(dtype_names), text.substr(text.rfind('.') + 1)) ==
           std::end(dtype_names);
  }
  return nb::hasattr(object, "type") && nb::hasattr(object, "index");
}

/// to(dtype), to(tensor), to("cpu"), to("cpu", dtype), to(device=…, dtype=…), and the two bools non_blocking and copy.
Tensor converted(const Tensor& t, const nb::args& arguments, nb::handle dtype, nb::handle device, bool, bool copy) {
  check_device(device);
  DType wanted = dtype_from(dtype).value_or(t.dtype());
  int bools = 0;
  for (const nb::handle argument : arguments) {
    if (argument.is_none()) continue;
    if (PyBool_Check(argument.ptr()))
      copy = bools++ > 0 ? argument.is(nb::handle(Py_True)) : copy;
    else if (nb::isinstance<Tensor>(argument))
      wanted = nb::cast<const Tensor&>(argument).dtype();
    else if (is_device(argument))
      check_device(argument);
    else
      wanted = *dtype_from(argument);
  }
  return copy && wanted == t.dtype() ? t.clone() : t.to(wanted);
}

void bind_conversions(nb::class_<Tensor>& type) {
  type.def("item", &item, "The value of a tensor of one element.")
      .def("tolist",
           [](const Tensor& t) {
             return array_onto(t.dtype() == DType::bfloat16 ? t.to(DType::float32) : t).attr("tolist")();
           })
      .def(
          "numpy",
          [](const Tensor& t) {
            if (t.requires_grad() && grad_enabled())
              throw nb::type_error("numpy: the tensor requires a gradient; call detach().numpy()");
            return array_onto(t);
          },
          "A NumPy array onto the same memory.")
      .def(
          "__array__",
          [](const Tensor& t, nb::handle dtype, nb::handle copy) {
            nb::object array = array_onto(t.detach());
            if (!dtype.is_none()) array = array.attr("astype")(dtype, "copy"_a = false);
            return copy.is(nb::handle(Py_True)) ? nb::object(array.attr("copy")()) : array;
          },
          "dtype"_a = nb::none(), "copy"_a = nb::none())
      .def("__dlpack__",
           [](const Tensor& t, const nb::kwargs& arguments) {
             if (t.requires_grad())
               throw nb::buffer_error("dlpack: the tensor requires a gradient; call detach() first");
             std::vector<std::size_t> shape(t.shape().begin(), t.shape().end());
             using Code = nb::dlpack::dtype_code;
             const Code code = t.dtype() == DType::bfloat16 ? Code::Bfloat
                               : t.dtype() == DType::bool_  ? Code::Bool
                               : t.dtype() == DType::uint8  ? Code::UInt
                               : is_floating(t.dtype())     ? Code::Float
                                                            : Code::Int;
             const nb::dlpack::dtype dtype{static_cast<std::uint8_t>(code),
                                           static_cast<std::uint8_t>(8 * size_of(t.dtype())), 1};
             const nb::object owner = nb::cast(t.detach());
             const nb::ndarray<nb::array_api> array(t.raw_data(), shape.size(), shape.data(), owner,
                                                    t.strides().begin(), dtype);
             return nb::cast(array, nb::rv_policy::reference).attr("__dlpack__")(**arguments);
           })
      .def("__dlpack_device__", [](const Tensor&) { return nb::make_tuple(1, 0); })
      .def("__float__", [](const Tensor& t) { return t.item<double>(); })
      .def("__int__",
           [](const Tensor& t) {
             return nb::steal(is_floating(t.dtype()) ? PyLong_FromDouble(t.item<double>())
                                                     : PyLong_FromLongLong(t.item<std::int64_t>()));
           })
      .def("__complex__", [](const Tensor& t) { return nb::steal(PyComplex_FromDoubles(t.item<double>(), 0)); })
      .def("__index__",
           [](const Tensor& t) {
             if (is_floating(t.dtype())) throw nb::type_error("index: a tensor of floating-point numbers is no index");
             return t.item<std::int64_t>();
           })
      .def("__bool__", [](const Tensor& t) { return t.item<double>() != 0; })
      .def(
          "to", &converted, "args"_a, nb::kw_only(), "dtype"_a = nb::none(), "device"_a = nb::none(),
          "non_blocking"_a = false, "copy"_a = false,
          "The same values as another dtype, or as another tensor's; this tensor itself where that is its own. The one "
          "device is \"cpu\".")
      .def("__reduce__", [](const Tensor& t) {
        const nb::object values = array_onto((t.dtype() == DType::bfloat16 ? t.to(DType::float32) : t).detach());
        return nb::make_tuple(
            nb::module_::import_("relume._pickling").attr("make_tensor"),
            nb::make_tuple(values.attr("copy")(), nb::cast(PythonDType{t.dtype()}), t.requires_grad()));
      });
}

void bind_autograd(nb::class_<Tensor>& type) {
  type.def_prop_rw(
          "requires_grad", &Tensor::requires_grad, [](Tensor& t, bool value) { t.requires_grad_(value); },
          "Whether backward() gives this tensor a gradient.")
      .def(
          "requires_grad_", [](Tensor t, bool value) { return t.requires_grad_(value); }, "requires_grad"_a = true)
      .def_prop_ro("is_leaf", &Tensor::is_leaf)
      .def_prop_rw(
          "grad", [](const Tensor& t) { return t.grad().defined() ? nb::cast(t.grad()) : nb::none(); },
          [](const Tensor& t, nb::handle gradient) {
            t.set_grad(gradient.is_none() ? Tensor() : tensor_from(gradient));
          },
          nb::arg().none(), "What backward() has summed up, or None.")
      .def(
          "backward",
          [](const Tensor& t, nb::handle gradient, bool retain_graph) {
            const Tensor given = gradient.is_none() ? Tensor() : tensor_from(gradient);
            const nb::gil_scoped_release release;
            t.backward(given, retain_graph);
          },
          "gradient"_a = nb::none(), "retain_graph"_a = false,
          "Adds to the grad of every leaf what this tensor of one element (or times `gradient`) owes to it.")
      .def(
          "register_hook",
          [](const Tensor& t, nb::callable hook) {
            t.register_hook([hook = Callback(std::move(hook))](const Tensor& gradient) {
              const nb::gil_scoped_acquire acquire;
              const nb::object result = hook(gradient);
              return result.is_none() ? Tensor() : tensor_from(result);
            });
          },
          "hook"_a, "Calls hook(gradient) in backward(); what it returns, unless None, takes the gradient's place.");
}

void bind_in_place(nb::class_<Tensor>& type) {
  type.def(
      "_set_data", [](const Tensor& t, const Tensor& data) { t.set_data(data); }, "data"_a);
  type.def("zero_",
           [](nb::handle self) {
             const Tensor& t = nb::cast<const Tensor&>(self);
             assign_result(t, scalar(0, t.dtype()), "zero_");
             return TensorObject(nb::borrow(self));
           })
      .def(
          "fill_",
          [](nb::handle self, nb::handle value) {
            const Tensor& t = nb::cast<const Tensor&>(self);
            const Tensor given = value_from(value, t.dtype(), "fill_");
            require<ShapeError>(given.dimensions() == 0, "fill_: a tensor of {} is no single number", given.shape());
            assign(t, given.requires_grad() ? given.clone() : given, "fill_");
            return TensorObject(nb::borrow(self));
          },
          "value"_a)
      .def(
          "copy_",
          [](nb::handle self, nb::handle source, bool) {
            const Tensor& t = nb::cast<const Tensor&>(self);
            const Tensor given = value_from(source, t.dtype(), "copy_");
            require<ShapeError>(broadcast(t.shape(), given.shape(), "copy_") == t.shape(),
                                "copy_: {} does not broadcast to {}", given.shape(), t.shape());
            const bool shared = given.impl()->storage.get() == t.impl()->storage.get();
            assign(t, given.requires_grad() || shared ? given.clone() : given, "copy_");
            return TensorObject(nb::borrow(self));
          },
          "source"_a, "non_blocking"_a = false);
}

}  // namespace

void bind_tensor(nb::module_& module) {
  nb::class_<Tensor> type(module, "Tensor", nb::type_slots(buffer_slots),
                          "Numbers of one dtype in up to eight dimensions, with gradients. Made by relume.tensor().");
  type.def(nb::new_([](nb::handle data) { return make_tensor(data, nb::none(), false); }), "data"_a)
      .def("__repr__", [](const Tensor& t) { return to_string(t); })
      .def_prop_ro("shape", [](const Tensor& t) { return to_tuple(t.shape()); })
      .def_prop_ro(
          "strides", [](const Tensor& t) { return to_tuple(t.strides()); }, "In elements.")
      .def_prop_ro("dtype", [](const Tensor& t) { return PythonDType{t.dtype()}; })
      .def_prop_ro("ndim", &Tensor::dimensions)
      .def("dim", &Tensor::dimensions)
      .def("numel", &Tensor::elements)
      .def(
          "size",
          [](const Tensor& t, nb::handle dim) {
            if (dim.is_none()) return nb::object(to_tuple(t.shape()));
            return nb::cast(t.size(static_cast<int>(whole_from(dim, "size", "dim"))));
          },
          "dim"_a = nb::none())
      .def("data_ptr", [](const Tensor& t) { return reinterpret_cast<std::uintptr_t>(t.raw_data()); })
      .def("__hash__", [](const Tensor& t) { return reinterpret_cast<std::intptr_t>(t.impl()); });
  // NumPy leaves array + tensor to the tensor.
  type.attr("__array_ufunc__") = nb::none();
  bind_views(type);
  bind_conversions(type);
  bind_autograd(type);
  bind_in_place(type);
}

}  // namespace relume::python
