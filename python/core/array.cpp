#include "python/core/array.h"

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#include <cmath>
#include <limits>
#include <vector>

#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>

namespace relume::python {
namespace {

using activation::Entry;

PyArrayObject* as_numpy(nb::handle object) { return reinterpret_cast<PyArrayObject*>(object.ptr()); }

template <class T>
nb::object steal(T* object) {
  if (!object) nb::raise_python_error();
  return nb::steal(reinterpret_cast<PyObject*>(object));
}

constexpr int no_type = -1;

int type_number(DType dtype) {
  switch (dtype) {
    case DType::float32: return NPY_FLOAT32;
    case DType::float64: return NPY_FLOAT64;
    case DType::float16: return NPY_FLOAT16;
    case DType::int8: return NPY_INT8;
    case DType::int16: return NPY_INT16;
    case DType::int32: return NPY_INT32;
    case DType::int64: return NPY_INT64;
    case DType::uint8: return NPY_UINT8;
    case DType::bool_: return NPY_BOOL;
    default: return no_type;
  }
}

std::optional<DType> dtype_of_number(int type) {
  switch (type) {
    case NPY_FLOAT: return DType::float32;
    case NPY_DOUBLE: return DType::float64;
    case NPY_HALF: return DType::float16;
    case NPY_BYTE: return DType::int8;
    case NPY_SHORT: return DType::int16;
    case NPY_INT: return DType::int32;
    case NPY_LONG: return sizeof(long) == 8 ? DType::int64 : DType::int32;
    case NPY_LONGLONG: return DType::int64;
    case NPY_UBYTE: return DType::uint8;
    case NPY_BOOL: return DType::bool_;
    default: return std::nullopt;
  }
}

std::string dtype_text(nb::handle array) { return text_of(array.attr("dtype")); }

/// In one piece and readable as it is.
bool is_plain(PyArrayObject* x) {
  return (PyArray_FLAGS(x) & (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS)) && PyArray_ISALIGNED(x) &&
         PyArray_ISNOTSWAPPED(x);
}

void run(const Entry& entry, const double* parameters, DType dtype, const void* x, void* y, std::int64_t n) {
  const ReleaseFor release(n);
  entry.forward(dtype, x, y, n, parameters);
}

/// What an array is computed in where its own dtype does not do.
DType working_dtype(const Entry& entry, nb::handle x) {
  const int type = PyArray_TYPE(as_numpy(x));
  if (PyTypeNum_ISINTEGER(type)) {
    if (!entry.integers) return DType::float64;
    if (const auto own = dtype_of_number(type)) return *own;
    return PyArray_ITEMSIZE(as_numpy(x)) < 4 ? DType::int32 : DType::int64;
  }
  if (const auto own = dtype_of_number(type); own && entry.supports(*own)) return *own;
  if (type == NPY_LONGDOUBLE) return DType::float64;
  throw nb::type_error((std::string(entry.info.name) + ": of " + dtype_text(x) +
                        "; it takes integers and floating-point numbers, so convert the array with astype()")
                           .c_str());
}

/// uint64 holds more than int64: what lies beyond is computed at int64's largest value, and stays where that stays.
nb::object apply_to_uint64(const Entry& entry, const double* parameters, nb::handle x) {
  const nb::object y = steal(PyArray_CastToType(as_numpy(x), PyArray_DescrFromType(NPY_UINT64), 0));
  nb::object native = steal(PyArray_NewCopy(as_numpy(y), NPY_CORDER));
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  auto* values = static_cast<std::uint64_t*>(PyArray_DATA(as_numpy(native)));
  for (npy_intp i = 0; i < PyArray_SIZE(as_numpy(native)); ++i) {
    const auto before = static_cast<std::int64_t>(std::min(values[i], largest));
    std::int64_t after = 0;
    entry.forward(DType::int64, &before, &after, 1, parameters);
    if (values[i] < largest || after != before) values[i] = static_cast<std::uint64_t>(after);
  }
  return native;
}

/// In float64, element by element; what comes out of it as it went in keeps all its digits.
nb::object apply_to_long_double(const Entry& entry, const double* parameters, nb::handle x) {
  const nb::object cast = steal(PyArray_CastToType(as_numpy(x), PyArray_DescrFromType(NPY_LONGDOUBLE), 0));
  nb::object native = steal(PyArray_NewCopy(as_numpy(cast), NPY_CORDER));
  auto* values = static_cast<long double*>(PyArray_DATA(as_numpy(native)));
  for (npy_intp i = 0; i < PyArray_SIZE(as_numpy(native)); ++i) {
    const auto before = static_cast<double>(values[i]);
    double after = 0;
    entry.forward(DType::float64, &before, &after, 1, parameters);
    const bool fits = !std::isfinite(values[i]) || values[i] == 0 ||
                      (std::isfinite(after) && std::isfinite(before) && std::fpclassify(before) == FP_NORMAL);
    if (!fits)
      throw nb::type_error((std::string(entry.info.name) + ": of " + dtype_text(x) +
                            " beyond the range of float64, in which it is computed; scale the array")
                               .c_str());
    if (before != after || std::signbit(before) != std::signbit(after)) values[i] = after;
  }
  return native;
}

/// Through a copy in one piece, of a dtype that relume has.
nb::object apply_by_copy(const Entry& entry, const double* parameters, nb::handle x) {
  const int type = PyArray_TYPE(as_numpy(x));
  const DType dtype = working_dtype(entry, x);
  nb::object y;
  if (entry.integers && PyTypeNum_ISUNSIGNED(type) && PyArray_ITEMSIZE(as_numpy(x)) == 8) {
    y = apply_to_uint64(entry, parameters, x);
  } else if (type == NPY_LONGDOUBLE) {
    y = apply_to_long_double(entry, parameters, x);
  } else {
    const nb::object cast = steal(PyArray_CastToType(as_numpy(x), PyArray_DescrFromType(type_number(dtype)), 0));
    y = steal(PyArray_NewCopy(as_numpy(cast), NPY_CORDER));
    void* data = PyArray_DATA(as_numpy(y));
    run(entry, parameters, dtype, data, data, PyArray_SIZE(as_numpy(y)));
  }
  const bool keeps = !PyTypeNum_ISINTEGER(type) || entry.integers;
  PyArray_Descr* own = PyArray_DESCR(as_numpy(x));
  if (!keeps || PyArray_EquivTypes(PyArray_DESCR(as_numpy(y)), own)) return y;
  Py_INCREF(own);
  return steal(PyArray_CastToType(as_numpy(y), own, 0));
}

nb::object apply_anew(const Entry& entry, const double* parameters, nb::handle x) {
  PyArrayObject* array = as_numpy(x);
  const auto dtype = dtype_of_number(PyArray_TYPE(array));
  if (!dtype || !entry.supports(*dtype) || !is_plain(array)) return apply_by_copy(entry, parameters, x);
  nb::object y = steal(PyArray_NewLikeArray(array, NPY_KEEPORDER, nullptr, 0));
  run(entry, parameters, *dtype, PyArray_DATA(array), PyArray_DATA(as_numpy(y)), PyArray_SIZE(array));
  return y;
}

void check_out(const Entry& entry, nb::handle x, nb::handle out) {
  const std::string name(entry.info.name);
  if (!PyArray_Check(out.ptr())) throw nb::type_error((name + ": out is not a NumPy array").c_str());
  if (!PyArray_SAMESHAPE(as_numpy(x), as_numpy(out)))
    throw nb::value_error((name + ": out has another shape than x").c_str());
  if (!PyArray_ISWRITEABLE(as_numpy(out))) throw nb::value_error((name + ": out is read-only").c_str());
}

nb::object apply_into(const Entry& entry, const double* parameters, nb::handle x, nb::handle out) {
  check_out(entry, x, out);
  PyArrayObject *from = as_numpy(x), *to = as_numpy(out);
  const auto dtype = dtype_of_number(PyArray_TYPE(from));
  const bool same_layout = PyArray_TYPE(from) == PyArray_TYPE(to) && is_plain(from) && is_plain(to) &&
                           PyArray_CompareLists(PyArray_STRIDES(from), PyArray_STRIDES(to), PyArray_NDIM(from));
  const auto *begin = PyArray_BYTES(from), *target = PyArray_BYTES(to);
  const bool apart = begin == target || begin + PyArray_NBYTES(from) <= target || target + PyArray_NBYTES(to) <= begin;
  if (dtype && entry.supports(*dtype) && same_layout && apart) {
    run(entry, parameters, *dtype, begin, PyArray_DATA(to), PyArray_SIZE(from));
    return nb::borrow(out);
  }
  const nb::object y = apply_anew(entry, parameters, x);
  if (!PyArray_CanCastArrayTo(as_numpy(y), PyArray_DESCR(to), NPY_SAME_KIND_CASTING))
    throw nb::type_error(
        (std::string(entry.info.name) + ": the result is " + dtype_text(y) + ", out is " + dtype_text(out)).c_str());
  if (PyArray_CopyInto(to, as_numpy(y)) < 0) nb::raise_python_error();
  return nb::borrow(out);
}

/// The nearest of relume's dtypes for an array that has another.
int nearest_type(nb::handle array) {
  const int type = PyArray_TYPE(as_numpy(array));
  if (dtype_of_number(type)) return type;
  if (PyTypeNum_ISINTEGER(type)) return PyArray_ITEMSIZE(as_numpy(array)) < 4 ? NPY_INT32 : NPY_INT64;
  if (type == NPY_LONGDOUBLE) return NPY_FLOAT64;
  throw nb::type_error(("tensor: of " + dtype_text(array) +
                        "; it takes bool, integers and floating-point numbers, so convert the array with astype()")
                           .c_str());
}

/// What a tensor of the nearest dtype would hold in silence as something else.
void check_range(nb::handle given, nb::handle converted) {
  const int type = PyArray_TYPE(as_numpy(given));
  const bool wide = PyTypeNum_ISUNSIGNED(type) && PyArray_ITEMSIZE(as_numpy(given)) == 8;
  if (!wide && type != NPY_LONGDOUBLE) return;
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object same = wide ? numpy.attr("greater_equal")(converted, 0)
                               : numpy.attr("equal")(numpy.attr("isinf")(given), numpy.attr("isinf")(converted));
  if (!nb::cast<bool>(nb::bool_(same.attr("all")())))
    throw nb::type_error(("tensor: of " + dtype_text(given) + " with numbers beyond the range of " +
                          dtype_text(converted) + "; scale the array, or convert it with astype()")
                             .c_str());
}

/// A tensor has no missing values.
void check_mask(nb::handle array) {
  if (is_plain_array(array) || !nb::hasattr(array, "mask")) return;
  if (nb::cast<bool>(nb::module_::import_("numpy.ma").attr("is_masked")(array)))
    throw nb::type_error(
        "tensor: of an array with masked elements, which a tensor cannot leave out; fill them: x.filled(0)");
}

}  // namespace

void import_numpy() {
  if (_import_array() < 0) nb::raise_python_error();
}

bool is_array(nb::handle object) { return PyArray_Check(object.ptr()); }

bool is_plain_array(nb::handle object) { return PyArray_CheckExact(object.ptr()); }

nb::object apply_to_array(const Entry& entry, const double* parameters, nb::handle x, nb::handle out) {
  return out.is_none() ? apply_anew(entry, parameters, x) : apply_into(entry, parameters, x, out);
}

nb::object apply_to_scalar(const Entry& entry, const double* parameters, nb::handle x) {
  const nb::object array = steal(PyArray_FromScalar(x.ptr(), nullptr));
  nb::object y = apply_anew(entry, parameters, array);
  return steal(PyArray_Return(reinterpret_cast<PyArrayObject*>(y.release().ptr())));
}

nb::object as_array(nb::handle object) { return steal(PyArray_FromAny(object.ptr(), nullptr, 0, 0, 0, nullptr)); }

Tensor tensor_onto(nb::handle object, bool written) {
  check_mask(object);
  const int wanted = nearest_type(object);
  // A tensor may be written to: memory that must not be is copied.
  const int writeable = written ? NPY_ARRAY_WRITEABLE : 0;
  const int copy = written && !PyArray_ISWRITEABLE(as_numpy(object)) ? NPY_ARRAY_ENSURECOPY : 0;
  const int flags = NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED | NPY_ARRAY_ENSUREARRAY | writeable | copy;
  const nb::object array =
      steal(PyArray_FromAny(object.ptr(), PyArray_DescrFromType(wanted), 0, 0, flags | NPY_ARRAY_FORCECAST, nullptr));
  check_range(object, array);
  PyArrayObject* x = as_numpy(array);
  const std::int64_t size = PyArray_ITEMSIZE(x);
  bool whole_steps = true;
  for (int d = 0; d < PyArray_NDIM(x); ++d)
    whole_steps = whole_steps && PyArray_STRIDES(x)[d] % size == 0 && PyArray_STRIDES(x)[d] >= 0;
  if (!whole_steps) return tensor_onto(steal(PyArray_NewCopy(x, NPY_CORDER)), written);
  if (PyArray_NDIM(x) > Shape::max_dimensions)
    throw nb::value_error(("tensor: an array of " + std::to_string(PyArray_NDIM(x)) + " dimensions; at most " +
                           std::to_string(Shape::max_dimensions) + " are allowed")
                              .c_str());
  Shape shape, strides;
  for (int d = 0; d < PyArray_NDIM(x); ++d) {
    shape.push_back(PyArray_DIM(x, d));
    strides.push_back(PyArray_STRIDE(x, d) / size);
  }
  return tensor_over(PyArray_DATA(x), *dtype_of_number(PyArray_TYPE(x)), shape, strides, array);
}

nb::object array_onto(const Tensor& tensor) {
  const int type = type_number(tensor.dtype());
  if (type == no_type)
    throw nb::type_error("numpy: NumPy has no bfloat16; convert the tensor with to(relume.float32) first");
  const auto size = static_cast<npy_intp>(size_of(tensor.dtype()));
  npy_intp sizes[Shape::max_dimensions], strides[Shape::max_dimensions];
  for (int d = 0; d < tensor.dimensions(); ++d) {
    sizes[d] = tensor.shape()[d];
    strides[d] = tensor.strides()[d] * size;
  }
  nb::object array = steal(PyArray_New(&PyArray_Type, tensor.dimensions(), sizes, type, strides, tensor.raw_data(), 0,
                                       NPY_ARRAY_WRITEABLE | NPY_ARRAY_ALIGNED, nullptr));
  nb::object owner = nb::cast(tensor.detach());
  if (PyArray_SetBaseObject(as_numpy(array), owner.release().ptr()) < 0) nb::raise_python_error();
  return array;
}

}  // namespace relume::python
