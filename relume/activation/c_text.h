// Private. A lane that computes nothing: what a formula does to it is written down as C.
#pragma once

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

namespace relume::activation {

/// The literal of a number, which reads back as the same: "0.5f", "(-INFINITY)".
template <class T>
std::string c_literal(T value) {
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  if constexpr (std::is_same_v<T, float>) text += "f";
  return value < 0 ? "(" + text + ")" : text;
}

/// The statements of a function so far: each gives a name to one operation's result.
struct CStatements {
  std::string text;
  int count = 0;

  std::string name(const char* type, const std::string& expression) {
    std::string result = fmt::format("t{}", count++);
    text += fmt::format("  const {} {} = {};\n", type, result, expression);
    return result;
  }
};

/// A value or a condition that has a name in the statements; constants stand for themselves and belong to none.
struct CExpression {
  CStatements* statements = nullptr;
  std::string text;
};

/// The result of an operation on those, of a C type.
template <class... Operands>
CExpression c_operation(const char* type, const std::string& expression, const Operands&... operands) {
  CStatements* statements = nullptr;
  ((statements = statements ? statements : operands.statements), ...);
  return {statements, statements ? statements->name(type, expression) : "(" + expression + ")"};
}

struct CCondition : CExpression {
  friend CCondition operator&&(const CCondition& a, const CCondition& b) {
    return {c_operation("int", a.text + " && " + b.text, a, b)};
  }
};

/// T is float or double.
template <class T>
class CText : public CExpression {
 public:
  explicit CText(CExpression expression) : CExpression(std::move(expression)) {}
  /// Of a number, or of what converts to one as parameters do.
  template <class Value>
  requires std::is_convertible_v<Value, double> CText(const Value& value)  // NOLINT: as numbers convert
      : CExpression{nullptr, c_literal(static_cast<T>(static_cast<double>(value)))} {}

  friend CText operator+(const CText& a, const CText& b) { return infix(a, "+", b); }
  friend CText operator-(const CText& a, const CText& b) { return infix(a, "-", b); }
  friend CText operator*(const CText& a, const CText& b) { return infix(a, "*", b); }
  friend CText operator/(const CText& a, const CText& b) { return infix(a, "/", b); }
  friend CText operator-(const CText& a) { return made("-" + a.text, a); }
  friend CCondition operator<(const CText& a, const CText& b) { return compared(a, "<", b); }
  friend CCondition operator>(const CText& a, const CText& b) { return compared(a, ">", b); }
  friend CCondition operator<=(const CText& a, const CText& b) { return compared(a, "<=", b); }
  friend CCondition operator>=(const CText& a, const CText& b) { return compared(a, ">=", b); }
  friend CCondition operator==(const CText& a, const CText& b) { return compared(a, "==", b); }

  friend CText select(const CCondition& where, const CText& a, const CText& b) {
    return made(where.text + " ? " + a.text + " : " + b.text, where, a, b);
  }
  friend CText max(const CText& x, const CText& bound) { return select(x <= bound, bound, x); }
  friend CText min(const CText& x, const CText& bound) { return select(x >= bound, bound, x); }

  friend CText abs(const CText& x) { return called("fabs", x); }
  friend CText sqrt(const CText& x) { return called("sqrt", x); }
  friend CText exp(const CText& x) { return called("exp", x); }
  friend CText expm1(const CText& x) { return called("expm1", x); }
  friend CText log1p(const CText& x) { return called("log1p", x); }
  friend CText tanh(const CText& x) { return called("tanh", x); }

  // As kernels/scalar_math.h has them.
  friend CText exp_times(const CText& x, const CText& y) {
    const CText half = exp(x * CText(0.5));
    return y * half * half;
  }
  friend CText sigmoid(const CText& x) {
    const CText e = exp(-abs(x));
    return select(x < CText(0), e, CText(1)) / (CText(1) + e);
  }
  friend CText sigmoid_times(const CText& x, const CText& y) {
    const CText negative = -abs(x);
    const CText share = y / (CText(1) + exp(negative));
    return select(x < CText(0), exp_times(negative, share), share);
  }
  friend CText normal_cdf_times(const CText& x, const CText& y) {
    const CText<double> share = called_erfc(x.as_double() * CText<double>(-0.70710678118654752440));
    return from_double(y.as_double() * CText<double>(0.5) * share);
  }
  friend CText sigmoid_of_cubic_times(const CText& x, double a, double b, const CText& y) {
    const CText<double> v = x.as_double();
    return from_double(sigmoid_times(v * (v * v * CText<double>(b) + CText<double>(a)), y.as_double()));
  }
  template <class F>
  friend CText wide(const CText& x, F f) {
    return from_double(f(x.as_double()));
  }

 private:
  static constexpr const char* type = std::is_same_v<T, float> ? "float" : "double";

  template <class... Operands>
  static CText made(const std::string& expression, const Operands&... operands) {
    return CText(c_operation(type, expression, operands...));
  }
  static CText infix(const CText& a, const char* sign, const CText& b) {
    return made(a.text + " " + sign + " " + b.text, a, b);
  }
  static CCondition compared(const CText& a, const char* sign, const CText& b) {
    return {c_operation("int", a.text + " " + sign + " " + b.text, a, b)};
  }
  static CText called(const char* function, const CText& x) {
    return made(fmt::format("{}{}({})", function, std::is_same_v<T, float> ? "f" : "", x.text), x);
  }
  static CText<double> called_erfc(const CText<double>& x) {
    return CText<double>(c_operation("double", "erfc(" + x.text + ")", x));
  }
  CText<double> as_double() const { return CText<double>(c_operation("double", "(double)" + text, *this)); }
  static CText from_double(const CText<double>& x) { return made("(float)" + x.text, x); }
};

}  // namespace relume::activation
