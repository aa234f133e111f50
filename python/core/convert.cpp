// What comes from Python as an argument: sizes and tensors.
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "python/core/core.h"

namespace relume::python {
namespace {

std::optional<DType> dtype_of_dlpack(nb::dlpack::dtype type) {
  using Code = nb::dlpack::dtype_code;
  const auto code = static_cast<Code>(type.code);
  if (type.lanes != 1) return std::nullopt;
  switch (code) {
    case Code::Float:
      return type.bits == 32   ? std::optional(DType::float32)
             : type.bits == 64 ? std::optional(DType::float64)
             : type.bits == 16 ? std::optional(DType::float16)
                               : std::nullopt;
    case Code::Bfloat: return DType::bfloat16;
    case Code::Bool: return DType::bool_;
    case Code::UInt: return type.bits == 8 ? std::optional(DType::uint8) : std::nullopt;
    case Code::Int:
      return type.bits == 8    ? std::optional(DType::int8)
             : type.bits == 16 ? std::optional(DType::int16)
             : type.bits == 32 ? std::optional(DType::int32)
                               : std::optional(DType::int64);
    default: return std::nullopt;
  }
}

/// A tensor onto memory that another library offers as DLPack.
Tensor tensor_onto_dlpack(nb::handle object) {
  if (nb::hasattr(object, "requires_grad") && nb::cast<bool>(object.attr("requires_grad")))
    throw nb::type_error("tensor: of a tensor that requires a gradient; detach() it first, relume cannot carry it on");
  const auto array = nb::cast<nb::ndarray<nb::ro, nb::device::cpu>>(object);
  const auto dtype = dtype_of_dlpack(array.dtype());
  if (!dtype) throw nb::type_error("tensor: of a dtype that relume does not have");
  Shape shape, strides;
  for (std::size_t d = 0; d < array.ndim(); ++d) {
    shape.push_back(static_cast<std::int64_t>(array.shape(d)));
    strides.push_back(array.stride(d));
  }
  return tensor_over(const_cast<void*>(array.data()), *dtype, shape, strides, array);
}

}  // namespace

Shape shape_from(nb::handle object) {
  Shape shape;
  const bool sequence = PyTuple_Check(object.ptr()) || PyList_Check(object.ptr()) || nb::hasattr(object, "__len__");
  if (!sequence || nb::isinstance<Tensor>(object)) {
    shape.push_back(whole_from(object, "tensor", "a size"));
  } else {
    for (const nb::handle size : object) shape.push_back(whole_from(size, "tensor", "a size"));
  }
  return shape;
}

Shape shape_from(const nb::args& arguments) {
  const bool one_sequence = arguments.size() == 1 && !PyIndex_Check(arguments[0].ptr());
  return shape_from(one_sequence ? nb::handle(arguments[0]) : nb::handle(arguments));
}

std::string text_of(nb::handle object) {
  const nb::object text = nb::steal(PyObject_Str(object.ptr()));
  if (!text.is_valid()) nb::raise_python_error();
  return nb::cast<std::string>(text);
}

nb::tuple to_tuple(const Shape& shape) {
  nb::list sizes;
  for (const std::int64_t size : shape) sizes.append(size);
  return nb::tuple(sizes);
}

Tensor tensor_from(nb::handle object) {
  if (nb::isinstance<Tensor>(object)) return nb::cast<Tensor>(object);
  if (is_array(object)) return tensor_onto(object);
  if (nb::hasattr(object, "__dlpack__")) return tensor_onto_dlpack(object);
  return tensor_onto(as_array(object));
}

}  // namespace relume::python
