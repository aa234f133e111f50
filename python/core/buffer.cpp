#include "python/core/buffer.h"

namespace relume::python {
namespace {

/// What a Py_buffer points to while it is out.
struct View {
  Tensor tensor;  // keeps the memory
  Py_ssize_t shape[Shape::max_dimensions];
  Py_ssize_t strides[Shape::max_dimensions];
};

/// The letter of the struct module for a dtype, or null.
const char* format_of(DType dtype) {
  switch (dtype) {
    case DType::float32: return "f";
    case DType::float64: return "d";
    case DType::float16: return "e";
    case DType::int8: return "b";
    case DType::int16: return "h";
    case DType::int32: return "i";
    case DType::int64: return "q";
    case DType::uint8: return "B";
    case DType::bool_: return "?";
    default: return nullptr;
  }
}

int refuse(Py_buffer* buffer, const char* why) {
  buffer->obj = nullptr;
  PyErr_SetString(PyExc_BufferError, why);
  return -1;
}

int get_buffer(PyObject* object, Py_buffer* buffer, int flags) {
  const Tensor& tensor = *nb::inst_ptr<Tensor>(object);
  const char* format = format_of(tensor.dtype());
  if (!format) return refuse(buffer, "buffer: there is no bfloat16 in this protocol; convert the tensor first");
  if (tensor.requires_grad()) return refuse(buffer, "buffer: the tensor requires a gradient; call detach() first");
  if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !tensor.is_contiguous())
    return refuse(buffer, "buffer: the tensor is not contiguous; call contiguous() first");
  auto* view = new View{tensor.detach(), {}, {}};
  const auto size = static_cast<Py_ssize_t>(size_of(tensor.dtype()));
  for (int d = 0; d < tensor.dimensions(); ++d) {
    view->shape[d] = tensor.shape()[d];
    view->strides[d] = tensor.strides()[d] * size;
  }
  buffer->buf = tensor.raw_data();
  buffer->obj = object;
  Py_INCREF(object);
  buffer->len = tensor.elements() * size;
  buffer->itemsize = size;
  buffer->readonly = 0;
  buffer->ndim = tensor.dimensions();
  buffer->format = (flags & PyBUF_FORMAT) ? const_cast<char*>(format) : nullptr;
  buffer->shape = (flags & PyBUF_ND) ? view->shape : nullptr;
  buffer->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? view->strides : nullptr;
  buffer->suboffsets = nullptr;
  buffer->internal = view;
  return 0;
}

void release_buffer(PyObject*, Py_buffer* buffer) { delete static_cast<View*>(buffer->internal); }

}  // namespace

PyType_Slot buffer_slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
                              {Py_bf_releasebuffer, reinterpret_cast<void*>(release_buffer)},
                              {0, nullptr}};

}  // namespace relume::python
