#include "relume/plot/functions.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "relume/activation/activation.h"
#include "relume/base/require.h"

namespace relume::plot {
namespace {

// Kinks between two points would be cut off: over the usual range a step is 0.02, which meets those at halves.
constexpr int points = 500;

/// prelu's slope is learned; it is drawn as it begins.
std::string as_drawn(const std::string& name) { return name == "prelu" ? "leaky_relu(0.25)" : name; }

/// The formula with the values of its parameters, factors of 1 left out: "x > 0 ? x : 0.01*x".
std::string formula_of(const Activation& f) {
  const std::string_view text = f.entry().info.formula;
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    std::string word(text.substr(at, std::max<std::size_t>(end - at, 1)));
    for (std::size_t i = 0; i < f.entry().parameters.size(); ++i)
      if (f.entry().parameters[i].name == word) word = fmt::format("{:.4g}", f.parameters()[i]);
    const bool is_one = word == "1" && end > at && text.substr(at, end - at) != "1";
    at = std::max(end, at + 1);
    if (is_one && text.substr(at, 1) == "*")
      ++at;
    else if (is_one && result.ends_with('/'))
      result.pop_back();
    else
      result += word;
  }
  return result;
}

/// What is drawn, by the name that was asked for.
struct Drawn {
  std::string name;
  Activation activation;
  bool derivative;

  double operator()(double x) const {
    const activation::Entry& entry = activation.entry();
    return derivative ? entry.derivative(x, activation.parameters()) : entry.scalar(x, activation.parameters());
  }
};

struct Curve {
  std::vector<double> x, y;
  double low = INFINITY, high = -INFINITY;

  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
};

/// Whether f jumps between a and b, and does not only rise: what remains of its rise when they are brought close
/// together, around the jump.
bool brackets_jump(const Drawn& f, double& a, double& b) {
  const double rise = std::fabs(f(b) - f(a));
  if (rise < 1e-6 * (1 + std::fabs(f(a)))) return false;
  double low = a, high = b;
  for (int i = 0; i < 40; ++i) {
    const double middle = low + (high - low) / 2;
    (std::fabs(f(middle) - f(low)) > std::fabs(f(high) - f(middle)) ? high : low) = middle;
  }
  if (std::fabs(f(high) - f(low)) < rise / 2) return false;
  a = low, b = high;
  return true;
}

/// f over from … to, with a gap where it jumps.
Curve curve_of(const Drawn& f, double from, double to) {
  Curve curve;
  for (int i = 0; i <= points; ++i) {
    const double x = from + (to - from) * i / points;
    double before = curve.x.empty() ? x : curve.x.back(), after = x;
    if (i > 0 && brackets_jump(f, before, after)) {
      if (before > curve.x.back()) curve.add(before, f(before));
      curve.add(after, NAN);
      if (after < x) curve.add(after, f(after));
    }
    curve.add(x, f(x));
  }
  return curve;
}

/// What is seen of y: all of the functions, but of one much steeper than wide, beside others, no more than leaves the
/// others their shape.
std::pair<double, double> y_range(const std::vector<Curve>& curves, double width) {
  const auto is_steep = [&](const Curve& c) { return c.high - c.low > 1.5 * width; };
  const bool all_steep = std::all_of(curves.begin(), curves.end(), is_steep);
  double low = INFINITY, high = -INFINITY;
  for (const Curve& c : curves)
    if (all_steep || !is_steep(c)) low = std::min(low, c.low), high = std::max(high, c.high);
  const double flat_low = low, flat_high = high;
  for (const Curve& c : curves)
    if (!all_steep && is_steep(c)) {
      low = std::min(low, std::max(c.low, flat_high - width / 2));
      high = std::max(high, std::min(c.high, flat_low + width / 2));
    }
  const double margin = high > low ? 0.03 * (high - low) : 0.5;
  return {low - margin, high + margin};
}

}  // namespace

Chart chart_of_functions(const std::vector<std::string>& activations, double from, double to, bool derivative) {
  // A formula longer than this would cover the curves.
  constexpr std::size_t longest_formula = 36;
  std::vector<Drawn> functions;
  std::vector<Curve> curves;
  for (const std::string& name : activations) {
    functions.push_back({name, Activation(as_drawn(name)), derivative});
    require(functions.back().activation.entry().kind == activation::Kind::elementwise,
            "plot: {} is not a function of one number", name);
    curves.push_back(curve_of(functions.back(), from, to));
  }
  const bool one = functions.size() == 1;
  Chart chart(one          ? fmt::format("{}: {}{}", functions[0].name, derivative ? "derivative of " : "",
                                         formula_of(functions[0].activation))
              : derivative ? "derivatives"
                           : "");
  if (const auto [low, high] = y_range(curves, to - from); low < high) chart.y_range(low, high);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::string formula = formula_of(functions[i].activation);
    const bool shown = !derivative && formula.size() <= longest_formula && formula != functions[i].name + "(x)";
    chart.line(std::move(curves[i].x), std::move(curves[i].y),
               one     ? ""
               : shown ? functions[i].name + ": " + formula
                       : functions[i].name);
  }
  return chart.axes_through_zero();
}

}  // namespace relume::plot
