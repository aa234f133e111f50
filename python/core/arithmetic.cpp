// Operators, their functions and methods, and what they are in place: x + y, x += y, relume.add(x, y), x.add_(y).
#include "relume/ops/arithmetic.h"

#include <cmath>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "python/core/elementwise.h"
#include "relume/autograd/grad_mode.h"
#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/ops/assign.h"
#include "relume/ops/comparison.h"
#include "relume/ops/matmul.h"
#include "relume/ops/pointwise.h"

namespace relume::python {
namespace {

using kernels::Binary;

template <class F>
Tensor binary(const Tensor& a, nb::handle b, F f) {
  if (PyFloat_Check(b.ptr())) return f(a, Scalar(PyFloat_AS_DOUBLE(b.ptr())));
  if (PyLong_Check(b.ptr())) return f(a, *number_from(b));
  const Tensor other = tensor_from(b);
  const ReleaseFor release(std::max(a.elements(), other.elements()));
  return f(a, other);
}

/// An operator leaves what it knows nothing of to the other side.
void leave_to_others(nb::handle b) {
  if (!is_tensor_like(b)) throw nb::next_overload();
}

// y = a // b, a % b as Python has them, and what C's remainder is.

double floored_quotient(double a, double b) {
  if (b == 0) return a / b;
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

double floored_rest(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

std::int64_t cut_quotient(std::int64_t a, std::int64_t b) {
  return b == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a)) : a / b;
}

std::int64_t whole_rest(std::int64_t a, std::int64_t b) { return b == -1 ? 0 : a % b; }

std::int64_t floored_whole_quotient(std::int64_t a, std::int64_t b) {
  return cut_quotient(a, b) - (whole_rest(a, b) != 0 && (a < 0) != (b < 0));
}

std::int64_t floored_whole_rest(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = whole_rest(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// Integers have no quotient by 0.
void check_divisor(const Tensor& a, const Tensor& b, const char* operation) {
  if (is_floating(result_dtype(a, b))) return;
  const std::vector<std::int64_t> divisors = b.to_vector<std::int64_t>();
  require(std::find(divisors.begin(), divisors.end(), 0) == divisors.end(), "{}: integers divided by 0", operation);
}

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  check_divisor(a, b, "floor_divide");
  return zip("floor_divide", a.detach(), b.detach(), floored_quotient, floored_whole_quotient);
}

Tensor cut_divide(const Tensor& a, const Tensor& b) {
  check_divisor(a, b, "div");
  return zip(
      "div", a.detach(), b.detach(), [](double x, double y) { return std::trunc(x / y); }, cut_quotient);
}

// The derivatives of steps:  da = db = 0
template <Tensor (*divide)(const Tensor&, const Tensor&)>
Tensor stepwise(const Tensor& a, const Tensor& b) {
  return record(
      divide(a, b), "DivBackward0", {&a, &b},
      [sa = a.shape(), sb = b.shape(), da = a.dtype(), db = b.dtype()](const BackwardContext& c) -> Gradients {
        return {c.needs(0) ? zeros(sa, da) : Tensor(), c.needs(1) ? zeros(sb, db) : Tensor()};
      });
}
Tensor floored_divide(const Tensor& a, const Tensor& b) { return stepwise<floor_divide>(a, b); }
Tensor truncated_divide(const Tensor& a, const Tensor& b) { return stepwise<cut_divide>(a, b); }

/// y = a − b q with the quotient q cut off or floored:  da = dy,  db = −dy q
Tensor rest_of(const char* name, const char* node, const Tensor& a, const Tensor& b, Reals real, Wholes whole,
               Tensor (*quotient)(const Tensor&, const Tensor&)) {
  check_divisor(a, b, name);
  return record(zip(name, a.detach(), b.detach(), real, whole), node, {&a, &b},
                [a = Saved(a), b = Saved(b), quotient](const BackwardContext& c) -> Gradients {
                  const Tensor &u = c(a), &v = c(b);
                  return {c.needs(0) ? sum_to(c.gradient, u.shape()).to(u.dtype()) : Tensor(),
                          c.needs(1) ? sum_to(-(c.gradient * quotient(u, v)), v.shape()).to(v.dtype()) : Tensor()};
                });
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  return rest_of("remainder", "RemainderBackward0", a, b, floored_rest, floored_whole_rest, floor_divide);
}

Tensor fmod(const Tensor& a, const Tensor& b) {
  return rest_of(
      "fmod", "FmodBackward0", a, b, [](double x, double y) { return std::fmod(x, y); }, whole_rest, cut_divide);
}

/// Of integers and bool.
Tensor bitwise(const char* name, const Tensor& a, const Tensor& b, Wholes f) {
  require<DTypeError>(!is_floating(result_dtype(a, b)), "{}: of {}; it takes integers and bool", name,
                      relume::name(result_dtype(a, b)));
  return zip(name, a, b, nullptr, f);
}

Tensor bitwise_and(const Tensor& a, const Tensor& b) {
  return bitwise("bitwise_and", a, b, [](std::int64_t x, std::int64_t y) { return x & y; });
}
Tensor bitwise_or(const Tensor& a, const Tensor& b) {
  return bitwise("bitwise_or", a, b, [](std::int64_t x, std::int64_t y) { return x | y; });
}
Tensor bitwise_xor(const Tensor& a, const Tensor& b) {
  return bitwise("bitwise_xor", a, b, [](std::int64_t x, std::int64_t y) { return x ^ y; });
}

Tensor checked_pow(const Tensor& a, const Tensor& b) { return pow(a, b); }
Tensor checked_pow(const Tensor& a, const Scalar& b) {
  const Tensor exponent = b.as_tensor(a.dtype());
  require(is_floating(result_dtype(a, exponent)) || b.value() >= 0,
          "pow: integers have no negative whole powers; convert the tensor with to(float32) first");
  return pow(a, exponent);
}

/// f for tensors alone, for a number too.
template <class F>
auto with_numbers(F f) {
  return [f](const Tensor& a, const auto& b) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(b)>, Scalar>)
      return f(a, b.as_tensor(a.dtype()));
    else
      return f(a, b);
  };
}

/// Nothing that may be asked of t's elements one by one in t's own memory is disturbed by writing there.
bool apart(const Tensor& t, const Tensor& other) {
  return other.impl()->storage.get() != t.impl()->storage.get() || other.raw_data() == t.raw_data();
}

/// t = t op b without a copy, where nothing is recorded and both lie in order.
bool compute_in_place(Binary op, const Tensor& t, const Tensor& b) {
  const bool recorded = grad_enabled() && (t.requires_grad() || b.requires_grad());
  const bool same = b.shape() == t.shape() && b.is_contiguous();
  if (recorded || b.dtype() != t.dtype() || !is_floating(t.dtype()) || !t.is_contiguous() || !apart(t, b) ||
      !(same || b.elements() == 1) || b.dimensions() > t.dimensions())
    return false;
  if (!same && b.raw_data() == t.raw_data()) return false;
  check_assign(t, false, "in place");
  const ReleaseFor release(t.elements());
  kernels::binary(op, t.dtype(), t.raw_data(), 1, b.raw_data(), same ? 1 : 0, t.raw_data(), t.elements());
  t.impl()->storage->bump_version();
  return true;
}

template <class F>
TensorObject in_place(nb::handle self, nb::handle other, const char* name, F f, std::optional<Binary> op = {}) {
  const Tensor& t = nb::cast<const Tensor&>(self);
  if (op) {
    const Tensor b = operand_from(other, t.dtype());
    if (compute_in_place(*op, t, b)) return TensorObject(nb::borrow(self));
  }
  assign_result(t, binary(before_write(t), other, f), name);
  return TensorObject(nb::borrow(self));
}

struct Definer {
  nb::module_& module;
  nb::class_<Tensor>& type;

  /// a op b, b op a.
  template <class F>
  void operators(const char* name, const char* reflected, F f) {
    type.def(
        name,
        [f](const Tensor& a, nb::handle b) {
          leave_to_others(b);
          return binary(a, b, f);
        },
        nb::is_operator());
    if (!reflected) return;
    type.def(
        reflected,
        [f](const Tensor& a, nb::handle b) {
          leave_to_others(b);
          // The number or array as a tensor first: it stands on the left.
          return binary(a, b, [f](const Tensor& x, const auto& y) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Scalar>)
              return f(y.as_tensor(x.dtype()), x);
            else
              return f(y, x);
          });
        },
        nb::is_operator());
  }

  /// relume.name(a, b), a.name(b).
  template <class F>
  void function(const char* name, F f) {
    module.def(
        name,
        [f, name](nb::handle a, nb::handle b, nb::handle out) {
          const bool number_first = number_from(a).has_value() && nb::isinstance<Tensor>(b);
          const Tensor x = number_first ? operand_from(a, nb::cast<const Tensor&>(b).dtype()) : tensor_from(a);
          return into(out, binary(x, b, f), name);
        },
        "input"_a, "other"_a, nb::kw_only(), "out"_a = nb::none());
    type.def(
        name, [f](const Tensor& a, nb::handle b) { return binary(a, b, f); }, "other"_a);
  }

  /// a op= b, a.name_(b).
  template <class F>
  void writer(const char* assignment, const char* method, F f, std::optional<Binary> op = {}) {
    if (assignment)
      type.def(
          assignment,
          [f, op, assignment](nb::handle self, nb::handle b) { return in_place(self, b, assignment, f, op); },
          nb::is_operator());
    if (method)
      type.def(
          method, [f, op, method](nb::handle self, nb::handle b) { return in_place(self, b, method, f, op); },
          "other"_a);
  }
};

/// other · alpha, as add and sub take it.
template <class F>
auto scaled(F f, nb::handle alpha, const char* name) {
  const auto factor = number_from(alpha);
  if (!factor) wrong_kind(name, "alpha", alpha, "a number");
  return [f, factor = *factor](const Tensor& a, const auto& b) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(b)>, Scalar>)
      return f(a, b.as_tensor(a.dtype()) * factor);
    else
      return f(a, b * factor);
  };
}

template <class F>
void bind_sum(Definer& define, const char* name, const char* method, F f, Binary op) {
  const auto plain = [](nb::handle alpha) { return PyLong_Check(alpha.ptr()) && nb::cast<long>(alpha) == 1; };
  define.module.def(
      name,
      [=](nb::handle a, nb::handle b, nb::handle alpha, nb::handle out) {
        const Tensor x =
            operand_from(a, nb::isinstance<Tensor>(b) ? nb::cast<const Tensor&>(b).dtype() : DType::float32);
        return into(out, plain(alpha) ? binary(x, b, f) : binary(x, b, scaled(f, alpha, name)), name);
      },
      "input"_a, "other"_a, nb::kw_only(), "alpha"_a = 1, "out"_a = nb::none());
  define.type.def(
      name,
      [=](const Tensor& a, nb::handle b, nb::handle alpha) {
        return plain(alpha) ? binary(a, b, f) : binary(a, b, scaled(f, alpha, name));
      },
      "other"_a, nb::kw_only(), "alpha"_a = 1);
  define.type.def(
      method,
      [=](nb::handle self, nb::handle b, nb::handle alpha) {
        return plain(alpha) ? in_place(self, b, method, f, op) : in_place(self, b, method, scaled(f, alpha, method));
      },
      "other"_a, nb::kw_only(), "alpha"_a = 1);
}

Tensor divided(const Tensor& a, nb::handle b, nb::handle rounding_mode) {
  if (rounding_mode.is_none()) return binary(a, b, [](const auto& x, const auto& y) { return x / y; });
  const std::string mode = text_of(rounding_mode);
  require(mode == "floor" || mode == "trunc", "div: rounding_mode is \"{}\", not None, \"floor\" or \"trunc\"", mode);
  return binary(a, b, with_numbers(mode == "floor" ? floored_divide : truncated_divide));
}

void bind_quotient(Definer& define) {
  for (const char* name : {"div", "divide"}) {
    define.module.def(
        name,
        [name](nb::handle a, nb::handle b, nb::handle rounding_mode, nb::handle out) {
          const Tensor x =
              operand_from(a, nb::isinstance<Tensor>(b) ? nb::cast<const Tensor&>(b).dtype() : DType::float32);
          return into(out, divided(x, b, rounding_mode), name);
        },
        "input"_a, "other"_a, nb::kw_only(), "rounding_mode"_a = nb::none(), "out"_a = nb::none());
    define.type.def(name, &divided, "other"_a, nb::kw_only(), "rounding_mode"_a = nb::none());
  }
  define.type.def(
      "div_",
      [](nb::handle self, nb::handle b, nb::handle rounding_mode) {
        const Tensor& t = nb::cast<const Tensor&>(self);
        assign_result(t, divided(before_write(t), b, rounding_mode), "div_");
        return TensorObject(nb::borrow(self));
      },
      "other"_a, nb::kw_only(), "rounding_mode"_a = nb::none());
}

void bind_comparisons(Definer& define) {
  const auto all = [&](const char* name, const char* function, auto f) {
    // A whole number that the dtype may not hold is compared as int64.
    const auto exact = [f](const Tensor& a, const auto& b) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(b)>, Scalar>) {
        const bool far = is_integral(a.dtype()) && std::fabs(b.value()) >= (a.dtype() == DType::int8 ? 127 : 255);
        return f(far || (a.dtype() == DType::uint8 && b.value() < 0) ? a.to(DType::int64) : a, b);
      } else {
        return f(a, b);
      }
    };
    define.operators(name, nullptr, exact);
    define.function(function, exact);
  };
  all("__lt__", "lt", [](const auto& a, const auto& b) { return a < b; });
  all("__le__", "le", [](const auto& a, const auto& b) { return a <= b; });
  all("__gt__", "gt", [](const auto& a, const auto& b) { return a > b; });
  all("__ge__", "ge", [](const auto& a, const auto& b) { return a >= b; });
  all("__eq__", "eq", [](const auto& a, const auto& b) { return a == b; });
  all("__ne__", "ne", [](const auto& a, const auto& b) { return a != b; });
}

}  // namespace

void bind_arithmetic(nb::module_& module) {
  auto type = nb::borrow<nb::class_<Tensor>>(nb::type<Tensor>());
  Definer define{module, type};
  const auto plus = [](const auto& a, const auto& b) { return a + b; };
  const auto minus = [](const auto& a, const auto& b) { return a - b; };
  const auto times = [](const auto& a, const auto& b) { return a * b; };
  const auto over = [](const auto& a, const auto& b) { return a / b; };
  const auto power = [](const Tensor& a, const auto& b) { return checked_pow(a, b); };
  define.operators("__add__", "__radd__", plus);
  define.operators("__sub__", "__rsub__", minus);
  define.operators("__mul__", "__rmul__", times);
  define.operators("__truediv__", "__rtruediv__", over);
  define.operators("__pow__", "__rpow__", power);
  define.writer("__iadd__", nullptr, plus, Binary::add);
  define.writer("__isub__", nullptr, minus, Binary::subtract);
  define.writer("__imul__", "mul_", times, Binary::multiply);
  define.writer("__itruediv__", nullptr, over, Binary::divide);
  define.writer("__ipow__", "pow_", power);
  bind_sum(define, "add", "add_", plus, Binary::add);
  bind_sum(define, "sub", "sub_", minus, Binary::subtract);
  bind_quotient(define);
  define.function("mul", times);
  define.function("multiply", times);
  define.function("true_divide", over);
  define.function("pow", power);
  const auto whole = [&](const char* name, const char* reflected, const char* assignment, const char* function,
                         const char* method, Tensor (*f)(const Tensor&, const Tensor&)) {
    define.operators(name, reflected, with_numbers(f));
    define.function(function, with_numbers(f));
    define.writer(assignment, method, with_numbers(f));
  };
  whole("__floordiv__", "__rfloordiv__", "__ifloordiv__", "floor_divide", "floor_divide_", floor_divide);
  whole("__mod__", "__rmod__", "__imod__", "remainder", "remainder_", remainder);
  whole("__and__", "__rand__", "__iand__", "bitwise_and", "bitwise_and_", bitwise_and);
  whole("__or__", "__ror__", "__ior__", "bitwise_or", "bitwise_or_", bitwise_or);
  whole("__xor__", "__rxor__", "__ixor__", "bitwise_xor", "bitwise_xor_", bitwise_xor);
  define.function("fmod", with_numbers(fmod));
  define.writer(nullptr, "fmod_", with_numbers(fmod));
  bind_comparisons(define);
  type.def("__neg__", [](const Tensor& a) { return -a; });
  type.def("__pos__", [](const Tensor& a) { return a; });
  type.def("__abs__", [](const Tensor& a) { return abs(a); });
  type.def(
      "__matmul__",
      [](const Tensor& a, nb::handle b) {
        leave_to_others(b);
        const Tensor other = tensor_from(b);
        const ReleaseFor release(a.elements() + other.elements());
        return matmul(a, other);
      },
      nb::is_operator());
  type.def(
      "__rmatmul__", [](const Tensor& a, nb::handle b) { return matmul(tensor_from(b), a); }, nb::is_operator());
  type.def(
      "_assign",
      [](nb::handle self, const Tensor& value, const char* name) {
        assign_result(nb::cast<const Tensor&>(self), value, name);
        return nb::borrow(self);
      },
      "value"_a, "name"_a);
  type.def("_before_write", &before_write);
}

}  // namespace relume::python
