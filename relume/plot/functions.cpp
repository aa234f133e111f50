#include "relume/plot/functions.h"

#include "relume/activation/activation.h"
#include "relume/base/require.h"

namespace relume::plot {
namespace {

// Kinks between two points would be cut off: over the usual range a step is 0.02, which meets those at halves.
constexpr int points = 500;

/// prelu's slope is learned; it is drawn as it begins.
std::string as_drawn(const std::string& name) { return name == "prelu" ? "leaky_relu(0.25)" : name; }

}  // namespace

Chart chart_of_functions(const std::vector<std::string>& activations, double from, double to, bool derivative) {
  const bool one = activations.size() == 1;
  Chart chart(one          ? fmt::format("{}: {}{}", activations[0], derivative ? "derivative of " : "",
                                         Activation(activations[0]).entry().info.formula)
              : derivative ? "derivatives"
                           : "");
  for (const std::string& name : activations) {
    const Activation f(as_drawn(name));
    require(f.entry().kind == activation::Kind::elementwise, "plot: {} is not a function of one number", name);
    std::vector<double> x(points + 1), y(points + 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = from + (to - from) * static_cast<double>(i) / points;
      y[i] = derivative ? f.entry().derivative(x[i], f.parameters()) : f.entry().scalar(x[i], f.parameters());
    }
    chart.line(std::move(x), std::move(y), one ? "" : name == "prelu" ? "prelu (0.25)" : name);
  }
  return chart.axes_through_zero();
}

}  // namespace relume::plot
