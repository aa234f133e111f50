#include <limits>

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/array.h"
#include "python/core/buffer.h"
#include "python/core/core.h"
#include "relume/autograd/grad.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/kernels/matmul.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/compare.h"
#include "relume/ops/index.h"
#include "relume/ops/matmul.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume::python {
namespace {

TensorOptions options(nb::handle dtype, bool requires_grad, DType otherwise = DType::float32) {
  return {dtype_from(dtype).value_or(otherwise), requires_grad};
}

/// As torch.tensor: always a copy; numbers of Python become int64, float32 or bool.
Tensor make_tensor(nb::handle data, nb::handle dtype, bool requires_grad) {
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

struct Slice {
  std::int64_t begin, end, step;
};

Slice slice_of(const nb::slice& slice, std::int64_t size) {
  Py_ssize_t begin = 0, end = 0, step = 0;
  if (PySlice_Unpack(slice.ptr(), &begin, &end, &step) < 0) nb::raise_python_error();
  PySlice_AdjustIndices(size, &begin, &end, step);
  if (step < 0) throw nb::value_error("tensor: a slice's step is positive; turn the result around in NumPy");
  return {begin, std::max(begin, end), step};
}

/// How many dimensions of the tensor an index takes up.
int taken(const nb::tuple& keys) {
  int count = 0;
  for (const nb::handle key : keys) count += !key.is_none() && !key.is(nb::handle(Py_Ellipsis));
  return count;
}

/// t[1], t[:, 2:5], t[..., None], t[indices]: views, but for indices, which pick rows of their dimension.
Tensor get(const Tensor& tensor, nb::handle index) {
  const nb::tuple keys = nb::isinstance<nb::tuple>(index) ? nb::borrow<nb::tuple>(index) : nb::make_tuple(index);
  Tensor t = tensor;
  int d = 0;
  for (const nb::handle key : keys) {
    if (key.is(nb::handle(Py_Ellipsis))) {
      d = std::max(d, d + tensor.dimensions() - taken(keys));
    } else if (key.is_none()) {
      t = t.unsqueeze(d++);
    } else if (nb::isinstance<nb::slice>(key)) {
      const Slice s = slice_of(nb::borrow<nb::slice>(key), t.size(d));
      t = t.slice(d++, s.begin, s.end, s.step);
    } else if (nb::isinstance<nb::int_>(key)) {
      t = t.select(d, nb::cast<std::int64_t>(key));
    } else {
      const Tensor indices = tensor_from(key);
      if (indices.dtype() == DType::bool_)
        throw nb::index_error("tensor: a mask of bool picks no elements here; use where() or NumPy's nonzero()");
      t = index_select(t, d++, indices.to(DType::int64));
    }
  }
  return t;
}

void set(Tensor& tensor, nb::handle index, nb::handle value) {
  Tensor target = get(tensor, index);
  const Tensor source = tensor_from(value).to(tensor.dtype());
  target.copy_(source.shape() == target.shape() ? source : source.expand(target.shape()));
}

template <class F>
Tensor binary(const Tensor& a, nb::handle b, F f) {
  if (PyBool_Check(b.ptr())) return f(a, Scalar(b.is(nb::handle(Py_True))));
  if (PyLong_Check(b.ptr())) return f(a, Scalar(nb::cast<std::int64_t>(b)));
  if (PyFloat_Check(b.ptr())) return f(a, Scalar(nb::cast<double>(b)));
  const Tensor other = tensor_from(b);
  const ReleaseFor release(std::max(a.elements(), other.elements()));
  return f(a, other);
}

void bind_arithmetic(nb::class_<Tensor>& type) {
  const auto plus = [](const auto& a, const auto& b) { return a + b; };
  const auto minus = [](const auto& a, const auto& b) { return a - b; };
  const auto times = [](const auto& a, const auto& b) { return a * b; };
  const auto over = [](const auto& a, const auto& b) { return a / b; };
  const auto power = [](const auto& a, const auto& b) { return pow(a, b); };
  const auto define = [&]<class F>(const char* name, const char* reflected, F f) {
    type.def(name, [f](const Tensor& a, nb::handle b) { return binary(a, b, f); });
    if (reflected)
      type.def(reflected, [f](const Tensor& a, nb::handle b) {
        // The number or array as a tensor first: it stands on the left.
        return binary(a, b, [f](const Tensor& x, const auto& y) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Scalar>)
            return f(y.as_tensor(x.dtype()), x);
          else
            return f(y, x);
        });
      });
  };
  define("__add__", "__radd__", plus);
  define("__sub__", "__rsub__", minus);
  define("__mul__", "__rmul__", times);
  define("__truediv__", "__rtruediv__", over);
  define("__pow__", "__rpow__", power);
  define("__lt__", nullptr, [](const auto& a, const auto& b) { return a < b; });
  define("__le__", nullptr, [](const auto& a, const auto& b) { return a <= b; });
  define("__gt__", nullptr, [](const auto& a, const auto& b) { return a > b; });
  define("__ge__", nullptr, [](const auto& a, const auto& b) { return a >= b; });
  define("__eq__", nullptr, [](const auto& a, const auto& b) { return a == b; });
  define("__ne__", nullptr, [](const auto& a, const auto& b) { return a != b; });
  type.def("__neg__", [](const Tensor& a) { return -a; });
  type.def("__abs__", [](const Tensor& a) { return abs(a); });
  type.def("__matmul__", [](const Tensor& a, nb::handle b) {
    const Tensor other = tensor_from(b);
    const ReleaseFor release(a.elements() + other.elements());
    return matmul(a, other);
  });
  type.def("__rmatmul__", [](const Tensor& a, nb::handle b) { return matmul(tensor_from(b), a); });
}

void bind_views(nb::class_<Tensor>& type) {
  type.def(
          "reshape", [](const Tensor& t, const nb::args& shape) { return t.reshape(shape_from(shape)); },
          "The same elements in another shape, one of whose sizes may be -1; a view where that can be.")
      .def(
          "view", [](const Tensor& t, const nb::args& shape) { return t.view(shape_from(shape)); },
          "As reshape, but raises where it would have to copy.")
      .def("transpose", &Tensor::transpose, "dim0"_a, "dim1"_a)
      .def("t", &Tensor::t)
      .def_prop_ro("T", [](const Tensor& t) { return t.dimensions() < 2 ? t : t.transpose(-1, -2); })
      .def("permute", [](const Tensor& t, const nb::args& order) { return t.permute(shape_from(order)); })
      .def("expand", [](const Tensor& t, const nb::args& shape) { return t.expand(shape_from(shape)); })
      .def("squeeze", &Tensor::squeeze, "dim"_a)
      .def("unsqueeze", &Tensor::unsqueeze, "dim"_a)
      .def("flatten", &Tensor::flatten, "start_dim"_a = 0)
      .def("contiguous", &Tensor::contiguous)
      .def("is_contiguous", &Tensor::is_contiguous)
      .def("clone", &Tensor::clone)
      .def("detach", &Tensor::detach)
      .def("__getitem__", &get, nb::arg("index").none())
      .def("__setitem__", &set, nb::arg("index").none(), nb::arg("value"))
      .def("__len__", [](const Tensor& t) {
        if (t.dimensions() == 0) throw nb::type_error("len: of a tensor without dimensions");
        return t.size(0);
      });
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
      .def("__int__", [](const Tensor& t) { return t.item<std::int64_t>(); })
      .def("__index__",
           [](const Tensor& t) {
             if (is_floating(t.dtype())) throw nb::type_error("index: a tensor of floating-point numbers is no index");
             return t.item<std::int64_t>();
           })
      .def("__bool__", [](const Tensor& t) { return t.item<double>() != 0; })
      .def(
          "to", [](const Tensor& t, nb::handle dtype) { return t.to(dtype_from(dtype).value_or(t.dtype())); },
          "dtype"_a, "The same values as another dtype; this tensor itself where that is its own.")
      .def("float", [](const Tensor& t) { return t.to(DType::float32); })
      .def("double", [](const Tensor& t) { return t.to(DType::float64); })
      .def("long", [](const Tensor& t) { return t.to(DType::int64); })
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
  type.def("zero_", [](Tensor t) { return t.zero_(); })
      .def(
          "fill_", [](Tensor t, double value) { return t.fill_(value); }, "value"_a)
      .def(
          "copy_", [](Tensor t, nb::handle source) { return t.copy_(tensor_from(source)); }, "source"_a);
}

/// zeros(2, 3), zeros((2, 3), dtype=…)
void bind_creator(nb::module_& module, const char* name, Tensor (*make)(const Shape&, TensorOptions),
                  const char* text) {
  module.def(
      name,
      [make](const nb::args& shape, nb::handle dtype, bool requires_grad) {
        return make(shape_from(shape), options(dtype, requires_grad));
      },
      "shape"_a, nb::kw_only(), "dtype"_a = nb::none(), "requires_grad"_a = false, text);
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

void bind_creation(nb::module_& module) {
  module.def(
      "tensor", &make_tensor, "data"_a, "dtype"_a = nb::none(), "requires_grad"_a = false,
      "A copy of numbers, nested lists or an array. Whole numbers become int64, others float32; arrays keep their "
      "dtype.");
  module.def("as_tensor", &tensor_from, "data"_a,
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
      [](nb::handle shape, double value, nb::handle dtype) {
        return full(shape_from(shape), value, options(dtype, false));
      },
      "shape"_a, "value"_a, "dtype"_a = nb::none());
  module.def(
      "arange",
      [](double start, nb::handle end, double step, nb::handle dtype) {
        const double to = end.is_none() ? start : nb::cast<double>(end), from = end.is_none() ? 0 : start;
        const bool whole = from == std::floor(from) && to == std::floor(to) && step == std::floor(step);
        return arange(from, to, step, options(dtype, false, whole ? DType::int64 : DType::float32));
      },
      "start"_a, "end"_a = nb::none(), "step"_a = 1, "dtype"_a = nb::none());
  module.def(
      "linspace",
      [](double start, double end, std::int64_t count, nb::handle dtype) {
        return linspace(start, end, count, options(dtype, false));
      },
      "start"_a, "end"_a, "steps"_a, "dtype"_a = nb::none());
  module.def("randperm", &randperm, "n"_a, "A random order of 0 to n - 1.");
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
            return dim.is_none() ? nb::object(to_tuple(t.shape())) : nb::cast(t.size(nb::cast<int>(dim)));
          },
          "dim"_a = nb::none())
      .def("data_ptr", [](const Tensor& t) { return reinterpret_cast<std::uintptr_t>(t.raw_data()); })
      .def("__hash__", [](const Tensor& t) { return reinterpret_cast<std::intptr_t>(t.impl()); });
  // NumPy leaves array + tensor to the tensor.
  type.attr("__array_ufunc__") = nb::none();
  bind_arithmetic(type);
  bind_views(type);
  bind_conversions(type);
  bind_autograd(type);
  bind_in_place(type);
  bind_creation(module);
}

}  // namespace relume::python
