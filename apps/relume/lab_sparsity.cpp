// How many outputs are zero, and what a layer keeps in memory for the way back.
#include <fmt/core.h>

#include "apps/relume/lab.h"
#include "apps/relume/lab_run.h"
#include "relume/base/pool.h"
#include "relume/ops/activation.h"
#include "relume/ops/reduce.h"
#include "relume/train/compare.h"

namespace relume::app {
namespace {

const std::vector<std::string> activations = {"relu", "leaky_relu", "elu", "gelu", "tanh"};

/// Bytes an element that stay in memory for backward() once nobody else holds the activation's input and output.
double kept_bytes(const std::string& name) {
  constexpr std::int64_t n = 1 << 20;
  const Tensor x = randn({n}).requires_grad_();
  const std::int64_t before = pool::live_bytes();
  const Tensor loss = sum(activate(Activation(name), activate(Activation("identity"), x)));
  return static_cast<double>(pool::live_bytes() - before) / n;
}

train::Comparison trained(const LabOptions& options, std::int64_t width) {
  train::CompareOptions compare;
  compare.job.data = "builtin:moons";
  compare.job.seed = options.seed;
  compare.hidden = {width, width};
  compare.activations = activations;
  compare.seeds = options.seeds;
  compare.train.epochs = 15;
  data::OpenOptions open;
  open.seed = options.seed;
  return train::compare(data::open_data(compare.job.data, open), compare);
}

/// The share of zeros of each activation against the width of the layers.
plot::Chart zeros_by_width(const LabOptions& options) {
  const std::vector<double> widths = {8, 16, 32, 64, 128};
  std::vector<std::vector<double>> zeros(activations.size());
  for (const double width : widths) {
    const train::Comparison measured = trained(options, static_cast<std::int64_t>(width));
    for (std::size_t i = 0; i < activations.size(); ++i)
      zeros[i].push_back(train::mean_of(measured.values(i, &train::ComparedRun::sparsity)).mean);
  }
  plot::Chart chart("");
  for (std::size_t i = 0; i < activations.size(); ++i) chart.line(widths, zeros[i], activations[i]);
  return chart.x_label("units a layer").y_label("share of zeros");
}

}  // namespace

LabResult lab_sparsity(const LabOptions& options) {
  LabResult result;
  result.claim = "ReLU's outputs are mostly zeros, which saves memory and costs no accuracy.";
  result.setting = fmt::format(
      "builtin:moons, two hidden layers of 64, 15 epochs, mean of {} runs on the validation rows; memory that an "
      "activation of a million elements keeps for backward().",
      options.seeds);
  result.header = {"activation", "zeros", "accuracy", "kept for backward"};
  const train::Comparison measured = trained(options, 64);
  std::vector<double> zeros;
  for (std::size_t i = 0; i < activations.size(); ++i) {
    zeros.push_back(train::mean_of(measured.values(i, &train::ComparedRun::sparsity)).mean);
    const train::Mean accuracy = train::mean_of(measured.values(i, &train::ComparedRun::metric));
    result.rows.push_back({activations[i], fmt::format("{:.0f} %", 100 * zeros.back()),
                           fmt::format("{:.4f} ± {:.4f}", accuracy.mean, accuracy.half_width),
                           fmt::format("{:.3f} bytes an element", kept_bytes(activations[i]))});
  }
  result.verdicts.push_back(fmt::format("{}: {:.0f} % of relu's outputs are zeros",
                                        zeros[0] > 0.5 ? "mostly zeros held" : "mostly zeros did not hold",
                                        100 * zeros[0]));
  const double relu = kept_bytes("relu"), elu = kept_bytes("elu"), leaky = kept_bytes("leaky_relu");
  result.verdicts.push_back(
      fmt::format("{}: relu keeps {:.3f} bytes an element, elu {:.3f}; but leaky_relu, which has no zeros, keeps "
                  "{:.3f}: two slopes need "
                  "a bit an element, and zeros save nothing more",
                  relu < elu / 2 ? "less memory held" : "less memory did not hold", relu, elu, leaky));
  std::string worse;
  for (const train::ComparedPair& pair : measured.pairs)
    if (pair.a == 0 && pair.p < 0.05 && pair.difference < 0)
      worse += (worse.empty() ? "" : ", ") + measured.activations[pair.b];
  result.verdicts.push_back(worse.empty() ? "no loss of accuracy held: none of the others is shown to be better"
                                          : "no loss of accuracy did not hold: better by a paired test: " + worse);
  result.picture = zeros_by_width(options);
  return result;
}

}  // namespace relume::app
