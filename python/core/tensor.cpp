#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

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
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/kernels/matmul.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/assign.h"

namespace relume::python {
namespace {

TensorOptions options(nb::handle dtype, bool requires_grad, DType otherwise = DType::float32) {
  return {dtype_from(dtype).value_or(otherwise), requires_grad};
}

/// As torch.tensor: always a copy; numbers of Python become int64, float32 or bool.
Tensor make_tensor(nb::handle data, nb::handle dtype, bool requires_grad, nb::handle device) {
  check_device(device);
  Tensor t = tensor_from(data).detach();
  const bool typed = nb::isinstance<Tensor>(data) || nb::hasattr(data, "dtype");
  const DType own = !typed && t.dtype() == DType::float64 ? DType::float32 : t.dtype();
  const DType wanted = dtype_from(dtype).value_or(own);
  t = t.dtype() == wanted ? t.clone() : t.to(wanted);
  return requires_grad ? t.requires_grad_() : t;
}

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

/// From zeros(2, 3), zeros((2, 3)) or zeros(size=(2, 3)).
Shape shape_of_new(const nb::args& shape, nb::handle size) {
  if (size.is_none()) return shape_from(shape);
  if (!shape.empty()) throw nb::type_error("tensor: the size is given twice");
  return shape_from(size);
}

/// zeros(2, 3), zeros((2, 3), dtype=…)
void bind_creator(nb::module_& module, const char* name, Tensor (*make)(const Shape&, TensorOptions),
                  const char* text) {
  module.def(
      name,
      [make](const nb::args& shape, nb::handle size, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        return make(shape_of_new(shape, size), options(dtype, requires_grad));
      },
      "shape"_a, nb::kw_only(), "size"_a = nb::none(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none(), text);
}

void set_float32_matmul_precision(const std::string& precision) {
  require(precision == "highest" || precision == "high" || precision == "medium",
          "set_float32_matmul_precision: \"{}\" is not one of highest, high, medium", precision);
  kernels::set_float32_matmul_precision(precision == "medium" ? kernels::MatmulPrecision::medium
                                                              : kernels::MatmulPrecision::highest);
}

std::string get_float32_matmul_precision() {
  return kernels::float32_matmul_precision() == kernels::MatmulPrecision::medium ? "medium" : "highest";
}

/// Whole numbers one by one: a double holds them up to 2⁵³ alone.
Tensor counted_wholes(std::int64_t start, std::int64_t end, std::int64_t step) {
  require(step != 0 && (start == end || (start < end) == (step > 0)), "arange: {} does not lead from {} to {}", step,
          start, end);
  const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(end);
  const std::uint64_t way = start < end ? to - from : from - to;
  const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::uint64_t count = way / stride + (way % stride != 0);
  require(count < (std::uint64_t{1} << 48), "arange: from {} to {} by {} are too many numbers", start, end, step);
  Tensor t = empty({static_cast<std::int64_t>(count)}, DType::int64);
  for (std::uint64_t i = 0; i < count; ++i)
    t.data<std::int64_t>()[i] = static_cast<std::int64_t>(from + i * static_cast<std::uint64_t>(step));
  return t;
}

std::int64_t cut(double value) {
  require(std::fabs(value) < 0x1p63, "arange: {} is no whole number of 64 bits", value);
  return static_cast<std::int64_t>(value);
}

Tensor counted(nb::handle start, nb::handle end, nb::handle step, nb::handle dtype, bool requires_grad,
               nb::handle device) {
  check_device(device);
  const nb::handle from = end.is_none() ? nb::handle() : start, to = end.is_none() ? start : end;
  const auto whole = [](nb::handle h) { return !h.is_valid() || (PyIndex_Check(h.ptr()) && !PyBool_Check(h.ptr())); };
  const auto floating_tensor = [](nb::handle h) {
    return h.is_valid() && nb::isinstance<Tensor>(h) && is_floating(nb::cast<const Tensor&>(h).dtype());
  };
  const std::optional<DType> wanted = dtype_from(dtype);
  const bool wholes = whole(from) && whole(to) && whole(step) && !floating_tensor(from) && !floating_tensor(to) &&
                      !floating_tensor(step);
  Tensor t;
  if (wholes) {
    t = counted_wholes(from.is_valid() ? whole_from(from, "arange", "start") : 0, whole_from(to, "arange", "end"),
                       whole_from(step, "arange", "step"))
            .to(wanted.value_or(DType::int64));
  } else {
    const double first = from.is_valid() ? real_from(from, "arange", "start") : 0,
                 last = real_from(to, "arange", "end"), by = real_from(step, "arange", "step");
    const DType made = wanted.value_or(DType::float32);
    t = arange(first, last, by, is_floating(made) ? made : DType::float64);
    // As PyTorch: as many as there are of the numbers given, from the start and by the step that are left of them.
    if (!is_floating(made)) {
      const std::int64_t begin = cut(first), stride = cut(by);
      t = (arange(0, static_cast<double>(t.elements())) * Scalar(stride) + Scalar(begin)).to(made);
    }
  }
  return requires_grad ? t.requires_grad_() : t;
}

/// randint(high, size), randint(low, high, size)
Tensor drawn(nb::handle low, nb::handle high, nb::handle size, nb::handle dtype, nb::handle device) {
  check_device(device);
  const bool two = size.is_none();
  const nb::handle shape = two ? high : size;
  const bool from_zero = two || high.is_none();
  if (shape.is_none()) throw nb::type_error("randint: the size is missing");
  const std::int64_t least = from_zero ? 0 : whole_from(low, "randint", "low");
  const std::int64_t beyond = whole_from(from_zero ? low : high, "randint", "high");
  const DType wanted = dtype_from(dtype).value_or(DType::int64);
  require(least < beyond, "randint: there is no integer in [{}, {})", least, beyond);
  const double range = std::ldexp(1.0, static_cast<int>(8 * size_of(wanted)) - (wanted == DType::uint8 ? 0 : 1));
  require(is_floating(wanted) || static_cast<double>(beyond) - 1 < range || beyond <= (1LL << 62),
          "randint: {} does not hold {}", name(wanted), beyond - 1);
  return randint(least, beyond, shape_from(shape), DType::int64).to(wanted);
}

void bind_creation(nb::module_& module) {
  module.def(
      "tensor", &make_tensor, "data"_a, "dtype"_a = nb::none(), "requires_grad"_a = false, "device"_a = nb::none(),
      "A copy of numbers, nested lists or an array. Whole numbers become int64, others float32; arrays keep their "
      "dtype.");
  module.def(
      "as_tensor",
      [](nb::handle data, nb::handle dtype, nb::handle device) {
        check_device(device);
        const bool typed = nb::isinstance<Tensor>(data) || nb::hasattr(data, "dtype");
        return typed && dtype.is_none() ? tensor_from(data)
               : typed                  ? tensor_from(data).to(*dtype_from(dtype))
                                        : make_tensor(data, dtype, false, nb::none());
      },
      "data"_a, "dtype"_a = nb::none(), "device"_a = nb::none(),
      "The tensor itself, or one that shares the memory of an array or of another library's tensor, where that "
      "can be.");
  module.def("from_numpy", &tensor_from, "array"_a, "A tensor onto the array's memory.");
  module.def("from_dlpack", &tensor_from, "array"_a, "A tensor onto the memory of another library's tensor.");
  bind_creator(module, "zeros", &zeros, "Filled with 0.");
  bind_creator(module, "ones", &ones, "Filled with 1.");
  bind_creator(module, "empty", &empty, "Not filled.");
  bind_creator(module, "rand", &rand, "Uniform in [0, 1).");
  bind_creator(module, "randn", &randn, "Normal: mean 0, deviation 1.");
  module.def(
      "full",
      [](nb::handle size, nb::handle fill_value, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        const auto number = number_from(fill_value);
        const DType own = !number                           ? tensor_from(fill_value).dtype()
                          : PyFloat_Check(fill_value.ptr()) ? DType::float32
                          : PyBool_Check(fill_value.ptr())  ? DType::bool_
                                                            : DType::int64;
        Tensor t = empty(shape_from(size), dtype_from(dtype).value_or(own));
        const Tensor value = value_from(fill_value, t.dtype(), "full").detach();
        require<ShapeError>(value.elements() == 1, "full: fill_value is of {}, no single number", value.shape());
        t.copy_(value.reshape({}));
        return requires_grad ? t.requires_grad_() : t;
      },
      "size"_a, "fill_value"_a, nb::kw_only(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none(), "Filled with a number, whose kind is the dtype where none is given.");
  module.def("arange", &counted, "start"_a, "end"_a = nb::none(), "step"_a = 1, nb::kw_only(), "dtype"_a = nb::none(),
             "requires_grad"_a = false, "device"_a = nb::none(),
             "start, start + step, … before end; of whole numbers int64.");
  module.def(
      "linspace",
      [](nb::handle start, nb::handle end, nb::handle steps, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        const TensorOptions made = options(dtype, requires_grad);
        // Of integers the ends are cut off first, as PyTorch does.
        const auto bound = [&](nb::handle h, const char* argument) {
          const double value = real_from(h, "linspace", argument);
          return is_floating(made.dtype) ? value : std::trunc(value);
        };
        return linspace(bound(start, "start"), bound(end, "end"), whole_from(steps, "linspace", "steps"), made);
      },
      "start"_a, "end"_a, "steps"_a, nb::kw_only(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none());
  module.def(
      "randperm",
      [](nb::handle n, nb::handle dtype, nb::handle device) {
        check_device(device);
        const std::int64_t count = whole_from(n, "randperm", "n");
        require(count >= 0, "randperm: {} numbers cannot be in an order", count);
        return randperm(count).to(dtype_from(dtype).value_or(DType::int64));
      },
      "n"_a, nb::kw_only(), "dtype"_a = nb::none(), "device"_a = nb::none(), "A random order of 0 to n - 1.");
  module.def("randint", &drawn, "low"_a, "high"_a = nb::none(), "size"_a = nb::none(), nb::kw_only(),
             "dtype"_a = nb::none(), "device"_a = nb::none(),
             "Whole numbers from low (0 where it is left out) to high - 1, each as likely.");
  module.def("manual_seed", &manual_seed, "seed"_a, "Seeds this thread's generator.");
  module.def("set_num_threads", &set_num_threads, "threads"_a);
  module.def("get_num_threads", &num_threads);
  module.def(
      "set_float32_matmul_precision", &set_float32_matmul_precision, "precision"_a,
      "\"highest\", \"high\" (the same), or \"medium\": this thread's products are rounded to bfloat16 where the "
      "machine has AVX512-BF16.");
  module.def("get_float32_matmul_precision", &get_float32_matmul_precision);
  module.def("_set_grad_enabled", &set_grad_enabled);
  module.def("is_grad_enabled", &grad_enabled);
}

}  // namespace

void bind_tensor(nb::module_& module) {
  nb::class_<Tensor> type(module, "Tensor", nb::type_slots(buffer_slots),
                          "Numbers of one dtype in up to eight dimensions, with gradients. Made by relume.tensor().");
  type.def(nb::new_([](nb::handle data) { return make_tensor(data, nb::none(), false, nb::none()); }), "data"_a)
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
  bind_creation(module);
}

}  // namespace relume::python
