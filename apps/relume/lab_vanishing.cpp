// The gradient that reaches the first layer of a deep network, for each activation with its usual start.
#include <cmath>

#include <fmt/core.h>

#include "apps/relume/lab.h"
#include "apps/relume/lab_run.h"
#include "relume/nn/architecture.h"
#include "relume/nn/loss.h"

namespace relume::app {
namespace {

constexpr std::int64_t width = 64, rows = 128;
constexpr double vanished = 1e-3;  // as the rule vanishing_gradient has it
const std::vector<std::int64_t> depths = {2, 5, 10, 20, 50};
const std::vector<std::string> activations = {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"};

double rms(const Tensor& t) {
  double sum = 0;
  for (const double v : t.to_vector<double>()) sum += v * v;
  return std::sqrt(sum / static_cast<double>(t.elements()));
}

/// The RMS of the first weight matrix's gradient over that of the last one, at the start of training.
double ratio(const std::string& activation, std::int64_t depth, std::uint64_t seed) {
  Rng rng(seed);
  const auto layers = nn::mlp(std::vector<std::int64_t>(static_cast<std::size_t>(depth), width), activation);
  const auto network = nn::build(layers, width, 1, rng);
  manual_seed(seed);
  nn::mse_loss((*network)(randn({rows, width})), randn({rows, 1})).backward();
  std::vector<double> gradients;
  for (const Tensor& parameter : network->parameters())
    if (parameter.dimensions() == 2) gradients.push_back(rms(parameter.grad()));
  return gradients.front() / gradients.back();
}

}  // namespace

LabResult lab_vanishing(const LabOptions& options) {
  LabResult result;
  result.claim = "With depth the gradient of sigmoid and tanh vanishes; that of ReLU and its relatives does not.";
  result.setting = fmt::format(
      "Layers of {} units with the start that fits each activation; gradient RMS of the first weight matrix over that "
      "of "
      "the last one, median of {} networks, before any training. Under {:g} it has vanished.",
      width, options.seeds, vanished);
  result.header = {"activation"};
  for (const std::int64_t depth : depths) result.header.push_back(fmt::format("depth {}", depth));
  result.picture.logarithmic_y().x_label("hidden layers").y_label("first gradient over last");
  for (const std::string& activation : activations) {
    std::vector<std::string> cells = {activation};
    std::vector<double> x, y;
    for (const std::int64_t depth : depths) {
      std::vector<double> ratios;
      for (std::int64_t s = 0; s < options.seeds; ++s)
        ratios.push_back(ratio(activation, depth, options.seed + static_cast<std::uint64_t>(s)));
      y.push_back(median(ratios));
      x.push_back(static_cast<double>(depth));
      cells.push_back(fmt::format("{:.2g}", y.back()));
    }
    const bool expected = activation == "sigmoid" || activation == "tanh", found = y.back() < vanished;
    std::size_t first = 0;
    while (first < y.size() && y[first] >= vanished) ++first;
    result.verdicts.push_back(fmt::format(
        "{} for {}: {}", expected == found ? "held" : "did not hold", activation,
        found ? fmt::format("vanished from depth {} on ({:.2g} at {})", depths[first], y.back(), depths.back())
              : fmt::format("still {:.2g} at depth {}", y.back(), depths.back())));
    result.rows.push_back(std::move(cells));
    result.picture.line(std::move(x), std::move(y), activation);
  }
  return result;
}

}  // namespace relume::app
