#include "relume/onnx/expression.h"

#include <algorithm>
#include <map>
#include <set>

#include "relume/base/require.h"

namespace relume::onnx {
namespace {

constexpr std::size_t longest = 100;  // parts of a term; the longest formula of the family has 60

using Numbers = std::vector<double>;

template <class F>
Numbers joined(const Numbers& x, const Numbers& y, F f) {
  Numbers z(std::max(x.size(), y.size()));
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = f(x[x.size() == 1 ? 0 : i], y[y.size() == 1 ? 0 : i]);
  return z;
}

bool is_zero(const Numbers& x) {
  return std::ranges::all_of(x, [](double v) { return v == 0; });
}

Numbers operator+(const Numbers& x, const Numbers& y) { return joined(x, y, std::plus()); }
Numbers operator-(const Numbers& x, const Numbers& y) { return joined(x, y, std::minus()); }
Numbers operator*(const Numbers& x, const Numbers& y) { return joined(x, y, std::multiplies()); }
Numbers operator/(const Numbers& x, const Numbers& y) { return joined(x, y, std::divides()); }

std::optional<Affine> combined(std::string_view op, const Affine& x, const Affine& y) {
  if (op == "Add") return Affine{x.a + y.a, x.b + y.b};
  if (op == "Sub") return Affine{x.a - y.a, x.b - y.b};
  if (op == "Mul" && is_zero(y.a)) return Affine{x.a * y.b, x.b * y.b};
  if (op == "Mul" && is_zero(x.a)) return Affine{y.a * x.b, y.b * x.b};
  if (op == "Div" && is_zero(y.a)) return Affine{x.a / y.b, x.b / y.b};
  return std::nullopt;
}

}  // namespace

Terms::Terms() { all_.emplace_back(); }

int Terms::constant(std::vector<double> values) {
  if (!values.empty() && std::ranges::all_of(values, [&](double v) { return v == values[0]; })) values.resize(1);
  all_.push_back({.constant = std::move(values)});
  return static_cast<int>(all_.size()) - 1;
}

int Terms::apply(const ElementOperator& op, std::vector<int> operands, std::vector<double> settings, std::string node) {
  all_.push_back({&op, std::move(operands), std::move(settings), {}, std::move(node)});
  const int term = static_cast<int>(all_.size()) - 1;
  require<InputError>(parts(term).size() <= longest, "node {} ends arithmetic of more than {} operators", at(term).node,
                      longest);
  return term;
}

std::vector<int> Terms::parts(int root) const { return parts(variable, root); }

std::vector<int> Terms::parts(int begin, int end) const {
  std::set<int> found{end};
  for (std::vector<int> open{end}; !open.empty();) {
    const int term = open.back();
    open.pop_back();
    if (term == begin) continue;
    for (const int operand : at(term).operands)
      if (found.insert(operand).second) open.push_back(operand);
    if (found.size() > longest + 1) break;
  }
  return {found.begin(), found.end()};
}

/// Whether the variable comes into `root` by a way around `place`.
bool Terms::avoids(int root, int place) const {
  if (root == place) return false;
  std::set<int> found{root};
  for (std::vector<int> open{root}; !open.empty();) {
    const int term = open.back();
    open.pop_back();
    if (term == variable) return true;
    for (const int operand : at(term).operands)
      if (operand != place && found.insert(operand).second) open.push_back(operand);
  }
  return false;
}

std::vector<int> Terms::narrow_places(int root) const {
  std::vector<int> places;
  for (const int term : parts(root))
    if ((at(term).op || term == variable) && (term == variable || !avoids(root, term)) &&
        std::ranges::count(parts(term), variable))
      places.push_back(term);
  return places;
}

std::optional<Affine> Terms::affine(int begin, int end) const {
  std::map<int, Affine> known;
  for (const int term : parts(begin, end)) {
    const Term& t = at(term);
    if (term == begin) {
      known[term] = {{1}, {0}};
    } else if (!t.op) {
      known[term] = {{0}, t.constant};
    } else if (t.op->name == "Neg") {
      known[term] = {Numbers{0} - known.at(t.operands[0]).a, Numbers{0} - known.at(t.operands[0]).b};
    } else if (t.operands.size() == 2) {
      const auto both = combined(t.op->name, known.at(t.operands[0]), known.at(t.operands[1]));
      if (!both) return std::nullopt;
      known[term] = *both;
    } else {
      return std::nullopt;
    }
  }
  return known.at(end);
}

std::optional<std::vector<double>> Terms::values(int begin, int end, std::span<const double> x) const {
  std::map<int, Numbers> known;
  for (const int term : parts(begin, end)) {
    const Term& t = at(term);
    Numbers& y = known[term];
    if (term == begin) {
      y.assign(x.begin(), x.end());
    } else if (!t.op) {
      if (t.constant.size() != 1 || term == variable) return std::nullopt;
      y.assign(x.size(), t.constant[0]);
    } else {
      for (std::size_t i = 0; i < x.size(); ++i) {
        double operands[3] = {};
        for (std::size_t k = 0; k < t.operands.size(); ++k) operands[k] = known.at(t.operands[k])[i];
        y.push_back(t.op->value(operands, t.settings.data()));
      }
    }
  }
  return known.at(end);
}

std::vector<double> Terms::numbers(int begin, int end) const {
  std::set<double> found;
  for (const int term : parts(begin, end)) {
    const Term& t = at(term);
    if (term == begin || term == variable) continue;
    if (!t.op && t.constant.size() == 1) found.insert(t.constant[0]);
    found.insert(t.settings.begin(), t.settings.end());
  }
  return {found.begin(), found.end()};
}

std::optional<std::vector<double>> Terms::slopes(int begin, int end) const {
  const Term& t = at(end);
  if (!t.op || t.op->name != "PRelu" || t.operands[0] != begin || at(t.operands[1]).op) return std::nullopt;
  return at(t.operands[1]).constant;
}

}  // namespace relume::onnx
