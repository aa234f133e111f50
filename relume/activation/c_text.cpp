// Compiled for size.
#include "relume/activation/c_text.h"

#include <cmath>

#include <fmt/format.h>

namespace relume::activation {
namespace {

template <class T>
std::string literal(T value, const char* suffix) {
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  text += suffix;
  return value < 0 ? "(" + text + ")" : text;
}

}  // namespace

std::string c_literal(float value) { return literal(value, "f"); }
std::string c_literal(double value) { return literal(value, ""); }

thread_local CStatements* CStatements::current = nullptr;

CStatements::CStatements() : outer_(current) { current = this; }
CStatements::~CStatements() { current = outer_; }

CExpression CExpression::of(std::string text) {
  std::vector<std::string>& all = CStatements::current->expressions_;
  all.push_back(std::move(text));
  return {static_cast<int>(all.size()) - 1};
}

CExpression CExpression::named(const char* type, std::string_view operation,
                               std::initializer_list<CExpression> operands) {
  CStatements& statements = *CStatements::current;
  std::string name = fmt::format("t{}", statements.names_++);
  statements.text_ += fmt::format("  const {} {} = ", type, name);
  for (std::size_t i = 0; i < operation.size(); ++i)
    if (operation[i] == '%')
      statements.text_ += operands.begin()[operation[++i] - '1'].text();
    else
      statements.text_ += operation[i];
  statements.text_ += ";\n";
  return of(std::move(name));
}

const std::string& CExpression::text() const {
  return CStatements::current->expressions_[static_cast<std::size_t>(place)];
}

}  // namespace relume::activation
