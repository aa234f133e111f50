// Compiled for size.
#include "relume/activation/c_formula.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "relume/activation/c_text.h"
#include "relume/activation/family.h"
#include "relume/activation/loops.h"
#include "relume/base/require.h"

namespace relume::activation {
namespace {

template <class S>
std::string body_of(const double* parameters) {
  using V = CText<float>;
  if constexpr (kind_of<S> == Kind::rows) {
    return std::string(S::c_body);
  } else if constexpr (kind_of<S> == Kind::elementwise || kind_of<S> == Kind::parametric) {
    CStatements statements;
    const S s = with_parameters<S>(parameters);
    const V x(CExpression::of("x"));
    V y(0);
    if constexpr (kind_of<S> == Kind::parametric)
      y = s.forward(x, V(CExpression::of("slope")));
    else
      y = s.forward(x);
    return statements.text() + "  return " + y.text() + ";\n";
  } else {
    return {};
  }
}

template <class... S>
std::string find_body(TypeList<S...>, const Activation& f) {
  struct Body {
    std::string_view name;
    std::string (*of)(const double* parameters);
  };
  static constexpr std::array bodies{Body{S::info.name, body_of<S>}...};
  const auto* body = std::ranges::find(bodies, f.name(), &Body::name);
  return body == bodies.end() ? std::string() : body->of(f.parameters());
}

}  // namespace

std::string c_formula(const Activation& f) {
  std::string body = find(f.name()) == &f.entry() ? find_body(Family(), f) : "";
  require<InputError>(!body.empty(), "export: {} has no formula in C; export takes relume's own activations", f.name());
  return body;
}

}  // namespace relume::activation
