// Private. A lane that computes nothing: what a formula does to it is written down as C.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace relume::activation {

/// The literal of a number, which reads back as the same: "0.5f", "(-INFINITY)".
std::string c_literal(float value);
std::string c_literal(double value);

/// The statements of one function while it is written: each gives a name to one operation's result. Operations go to
/// the ones that this thread made last.
class CStatements {
 public:
  CStatements();
  ~CStatements();
  CStatements(const CStatements&) = delete;
  CStatements& operator=(const CStatements&) = delete;

  const std::string& text() const { return text_; }

 private:
  friend struct CExpression;
  static thread_local CStatements* current;
  CStatements* outer_;
  std::string text_;
  std::vector<std::string> expressions_;
  int names_ = 0;
};

/// A value or a condition: the place of its text among the statements' expressions, so that it is copied as a number
/// is.
struct CExpression {
  int place = -1;

  /// What stands for itself: a parameter's name or a literal.
  static CExpression of(std::string text);
  /// A name for an operation's result of a C type; %1, %2 and %3 in its text are the operands.
  static CExpression named(const char* type, std::string_view operation, std::initializer_list<CExpression> operands);
  const std::string& text() const;
};

struct CCondition : CExpression {
  friend CCondition operator&&(CCondition a, CCondition b) { return {named("int", "%1 && %2", {a, b})}; }
};

/// T is float or double.
template <class T>
class CText : public CExpression {
 public:
  explicit CText(CExpression expression) : CExpression(expression) {}
  /// Of a number, or of what converts to one as parameters do.
  template <class Value>
  requires std::is_convertible_v<Value, double> CText(const Value& value)  // NOLINT: as numbers convert
      : CExpression(of(c_literal(static_cast<T>(static_cast<double>(value))))) {}

  friend CText operator+(CText a, CText b) { return made("%1 + %2", {a, b}); }
  friend CText operator-(CText a, CText b) { return made("%1 - %2", {a, b}); }
  friend CText operator*(CText a, CText b) { return made("%1 * %2", {a, b}); }
  friend CText operator/(CText a, CText b) { return made("%1 / %2", {a, b}); }
  friend CText operator-(CText a) { return made("-%1", {a}); }
  friend CCondition operator<(CText a, CText b) { return {named("int", "%1 < %2", {a, b})}; }
  friend CCondition operator>(CText a, CText b) { return {named("int", "%1 > %2", {a, b})}; }
  friend CCondition operator<=(CText a, CText b) { return {named("int", "%1 <= %2", {a, b})}; }
  friend CCondition operator>=(CText a, CText b) { return {named("int", "%1 >= %2", {a, b})}; }
  friend CCondition operator==(CText a, CText b) { return {named("int", "%1 == %2", {a, b})}; }

  friend CText select(CCondition where, CText a, CText b) { return made("%1 ? %2 : %3", {where, a, b}); }
  friend CText max(CText x, CText bound) { return select(x <= bound, bound, x); }
  friend CText min(CText x, CText bound) { return select(x >= bound, bound, x); }

  friend CText abs(CText x) { return made(is_float ? "fabsf(%1)" : "fabs(%1)", {x}); }
  friend CText sqrt(CText x) { return made(is_float ? "sqrtf(%1)" : "sqrt(%1)", {x}); }
  friend CText exp(CText x) { return made(is_float ? "expf(%1)" : "exp(%1)", {x}); }
  friend CText expm1(CText x) { return made(is_float ? "expm1f(%1)" : "expm1(%1)", {x}); }
  friend CText log1p(CText x) { return made(is_float ? "log1pf(%1)" : "log1p(%1)", {x}); }
  friend CText tanh(CText x) { return made(is_float ? "tanhf(%1)" : "tanh(%1)", {x}); }

  // As kernels/scalar_math.h has them.
  friend CText exp_times(CText x, CText y) {
    const CText half = exp(x * CText(0.5));
    return y * half * half;
  }
  friend CText sigmoid(CText x) {
    const CText e = exp(-abs(x));
    return select(x < CText(0), e, CText(1)) / (CText(1) + e);
  }
  friend CText sigmoid_times(CText x, CText y) {
    const CText negative = -abs(x);
    const CText share = y / (CText(1) + exp(negative));
    return select(x < CText(0), exp_times(negative, share), share);
  }
  friend CText normal_cdf_times(CText x, CText y) {
    const CText<double> place = x.as_double() * CText<double>(-0.70710678118654752440);
    const CText<double> share(named("double", "erfc(%1)", {place}));
    return from_double(y.as_double() * CText<double>(0.5) * share);
  }
  friend CText sigmoid_of_cubic_times(CText x, double a, double b, CText y) {
    const CText<double> v = x.as_double();
    return from_double(sigmoid_times(v * (v * v * CText<double>(b) + CText<double>(a)), y.as_double()));
  }
  template <class F>
  friend CText wide(CText x, F f) {
    return from_double(f(x.as_double()));
  }

 private:
  static constexpr bool is_float = std::is_same_v<T, float>;

  static CText made(std::string_view operation, std::initializer_list<CExpression> operands) {
    return CText(named(is_float ? "float" : "double", operation, operands));
  }
  CText<double> as_double() const { return CText<double>(CText<double>::made("(double)%1", {*this})); }
  static CText from_double(CText<double> x) { return made("(float)%1", {x}); }

  template <class>
  friend class CText;
};

}  // namespace relume::activation
