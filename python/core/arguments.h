// Arguments that Python writes in several ways, with errors that name the function and the argument.
#pragma once

#include <optional>
#include <string>

#include "python/core/core.h"
#include "relume/tensor/scalar.h"

namespace relume::python {

/// Throws TypeError: "sum: dim is a str, not an int".
[[noreturn]] void wrong_kind(const char* function, const char* argument, nb::handle given, const char* wanted);

/// An int of any library, or a tensor of one; True and False are none.
std::int64_t whole_from(nb::handle object, const char* function, const char* argument);
/// A float, or an int. Throws TypeError for a tensor that requires a gradient, which would be lost.
double real_from(nb::handle object, const char* function, const char* argument);

/// Sets `value` and returns true for a number that no gradient goes to.
bool real_without_gradient(nb::handle object, double& value) noexcept;

/// A parameter that is a plain number: as double, but a tensor whose gradient would be lost is not taken.
struct Real {
  double value = 0;
};

/// A tensor as an object of Python's, which may be one that was there.
using TensorObject = nb::typed<nb::object, Tensor>;

/// A number of Python's, whole or not, or nothing where the object is something else. Throws ValueError for a whole
/// number beyond 64 bits.
std::optional<Scalar> number_from(nb::handle object);
/// Whether tensor_from() can make something of it.
bool is_tensor_like(nb::handle object);
/// A tensor, or a number as a tensor without dimensions to stand beside one of dtype `beside`.
Tensor operand_from(nb::handle object, DType beside);

/// What is written into a tensor of `dtype`. Throws ValueError for a whole number that the dtype cannot hold.
Tensor value_from(nb::handle object, DType dtype, const char* function);

/// `dim`, or `axis` where that is given in its place.
nb::handle either(nb::handle dim, nb::handle axis, const char* function);
/// The dimensions of an int, a sequence of ints, or of None: none.
Shape dimensions_from(nb::handle dim, const char* function);

/// Throws ValueError for a device other than "cpu".
void check_device(nb::handle device);

/// The result, or `out` with the result written into it. Throws ShapeError, DTypeError and ValueError where it cannot
/// hold it, or where a gradient would be lost.
TensorObject into(nb::handle out, const Tensor& result, const char* function);

}  // namespace relume::python

namespace nanobind::detail {

template <>
struct type_caster<relume::python::Real> {
  NB_TYPE_CASTER(relume::python::Real, const_name("float"))

  bool from_python(handle source, std::uint8_t, cleanup_list*) noexcept {
    if (PyFloat_CheckExact(source.ptr())) {
      value.value = PyFloat_AS_DOUBLE(source.ptr());
      return true;
    }
    return relume::python::real_without_gradient(source, value.value);
  }
  static handle from_cpp(const relume::python::Real& real, rv_policy, cleanup_list*) noexcept {
    return PyFloat_FromDouble(real.value);
  }
};

}  // namespace nanobind::detail
