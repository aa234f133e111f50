#include "python/core/arguments.h"

#include <cmath>

#include "python/core/array.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/ops/assign.h"

namespace relume::python {
namespace {

std::string type_of(nb::handle object) { return Py_TYPE(object.ptr())->tp_name; }

}  // namespace

void wrong_kind(const char* function, const char* argument, nb::handle given, const char* wanted) {
  throw nb::type_error(
      (std::string(function) + ": " + argument + " is a " + type_of(given) + ", not " + wanted).c_str());
}

std::int64_t whole_from(nb::handle object, const char* function, const char* argument) {
  const bool truth = PyBool_Check(object.ptr());
  const nb::object index = truth ? nb::object() : nb::steal(PyNumber_Index(object.ptr()));
  if (!index.is_valid()) {
    PyErr_Clear();
    wrong_kind(function, argument, object, "an int");
  }
  int overflow = 0;
  const std::int64_t value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow) throw nb::value_error((std::string(function) + ": " + argument + " is beyond 64 bits").c_str());
  return value;
}

bool real_without_gradient(nb::handle object, double& value) noexcept {
  if (nb::isinstance<Tensor>(object) && nb::inst_ptr<Tensor>(object)->requires_grad() && grad_enabled()) return false;
  value = PyFloat_AsDouble(object.ptr());
  const bool wrong = value == -1 && PyErr_Occurred();
  if (wrong) PyErr_Clear();
  return !wrong;
}

double real_from(nb::handle object, const char* function, const char* argument) {
  if (nb::isinstance<Tensor>(object) && nb::cast<const Tensor&>(object).requires_grad() && grad_enabled())
    throw nb::type_error((std::string(function) + ": " + argument +
                          " requires a gradient, which a number here would not get; call item() or detach()")
                             .c_str());
  const double value = PyFloat_AsDouble(object.ptr());
  if (value == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    wrong_kind(function, argument, object, "a number");
  }
  return value;
}

std::optional<Scalar> number_from(nb::handle object) {
  if (PyFloat_Check(object.ptr())) return Scalar(PyFloat_AS_DOUBLE(object.ptr()));
  if (PyBool_Check(object.ptr())) return Scalar(object.is(nb::handle(Py_True)));
  if (!PyLong_Check(object.ptr())) return std::nullopt;
  int overflow = 0;
  const std::int64_t value = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
  if (overflow) throw nb::value_error("tensor: a whole number beyond 64 bits; write it as a float");
  return Scalar(value);
}

bool is_tensor_like(nb::handle object) {
  return nb::isinstance<Tensor>(object) || is_array(object) || PyNumber_Check(object.ptr()) ||
         PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()) || nb::hasattr(object, "__dlpack__") ||
         nb::hasattr(object, "__array__");
}

Tensor operand_from(nb::handle object, DType beside) {
  if (const auto number = number_from(object)) return number->as_tensor(beside);
  return tensor_from(object);
}

Tensor value_from(nb::handle object, DType dtype, const char* function) {
  if (!is_tensor_like(object)) wrong_kind(function, "the value", object, "a number or a tensor");
  const auto number = number_from(object);
  if (!number) return tensor_from(object);
  if (is_integral(dtype) && dtype != DType::int64) {
    // As PyTorch: of either sign, for an unsigned dtype too.
    const double largest = std::ldexp(1.0, static_cast<int>(8 * size_of(dtype)) - (dtype == DType::uint8 ? 0 : 1));
    require(number->value() < largest && number->value() >= -largest, "{}: {} does not hold {}", function, name(dtype),
            number->value());
  }
  return number->as_tensor(dtype);
}

nb::handle either(nb::handle dim, nb::handle axis, const char* function) {
  if (axis.is_none()) return dim;
  if (!dim.is_none()) throw nb::type_error((std::string(function) + ": both dim and axis are given").c_str());
  return axis;
}

Shape dimensions_from(nb::handle dim, const char* function) {
  if (dim.is_none()) return {};
  if (!PyTuple_Check(dim.ptr()) && !PyList_Check(dim.ptr())) return {whole_from(dim, function, "dim")};
  Shape dimensions;
  for (const nb::handle d : dim) dimensions.push_back(whole_from(d, function, "dim"));
  return dimensions;
}

void check_device(nb::handle device) {
  if (device.is_none()) return;
  const std::string text = text_of(nb::hasattr(device, "type") ? nb::object(device.attr("type")) : nb::borrow(device));
  require(text == "cpu", "device: \"{}\" is none that relume has; it computes on \"cpu\" alone", text);
}

TensorObject into(nb::handle out, const Tensor& result, const char* function) {
  if (out.is_none()) return TensorObject(nb::cast(result));
  if (!nb::isinstance<Tensor>(out)) wrong_kind(function, "out", out, "a Tensor");
  Tensor target = nb::cast<Tensor>(out);
  require(!result.requires_grad() && !(target.requires_grad() && grad_enabled()),
          "{}: out takes no part in gradients; leave it out, or use no_grad()", function);
  require<ShapeError>(target.shape() == result.shape(), "{}: out is {}, the result {}", function, target.shape(),
                      result.shape());
  require<DTypeError>(may_hold(target.dtype(), result.dtype()), "{}: out is {}, the result {}", function,
                      name(target.dtype()), name(result.dtype()));
  target.copy_(result);
  return TensorObject(nb::borrow(out));
}

}  // namespace relume::python
