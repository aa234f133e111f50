// Trainings that explode, with and without a bound on the gradient.
#include <cmath>

#include <fmt/core.h>

#include "apps/relume/lab.h"
#include "apps/relume/lab_run.h"
#include "relume/autograd/grad_mode.h"
#include "relume/nn/linear.h"
#include "relume/ops/arithmetic.h"

namespace relume::app {
namespace {

const std::vector<double> bounds = {0, 10, 1, 0.1};  // 0: none
const std::vector<double> scales = {1, 2, 3, 4};
constexpr double learned_under = 0.9;  // a loss of 1 is that of the mean

/// Weights that are so many times as large as they should be.
void enlarge(nn::Sequential& network, double scale) {
  const NoGradGuard guard;
  for (const Tensor& parameter : network.parameters())
    if (parameter.dimensions() == 2) parameter.detach().copy_(parameter.detach() * scale);
}

LabRun measure(double scale, double bound, const LabOptions& options) {
  TrainOptions train;
  train.hidden.assign(6, 32);
  train.seed = options.seed;
  train.optimizer = "sgd";
  train.lr = 0.01;
  train.epochs = train.patience = 10;
  train.schedule = "none";
  train.clip_norm = bound;
  return lab_median("builtin:friedman", train, options.seeds,
                    [scale](nn::Sequential& network) { enlarge(network, scale); });
}

std::string name_of(double bound) { return bound > 0 ? fmt::format("clip {:g}", bound) : "no clipping"; }

std::string cell(const LabRun& run, std::int64_t seeds) {
  if (run.not_finite == seeds) return "no number";
  const std::string loss = fmt::format("{:.3g}", run.loss);
  return run.not_finite ? fmt::format("{}, no number in {} of {}", loss, run.not_finite, seeds) : loss;
}

/// Training is alive where it gets better than the mean; one that only keeps its numbers is not.
std::string verdict(double scale, const std::string& what, const std::string& learned, const std::string& numbers) {
  std::string text =
      fmt::format("{} at {:g} times ({} without clipping): ", learned.empty() ? "did not hold" : "held", scale, what);
  text += learned.empty() ? "nothing learned" : learned + " learned";
  return text + (numbers.empty() ? "" : "; kept its numbers and learned nothing: " + numbers);
}

}  // namespace

LabResult lab_exploding(const LabOptions& options) {
  LabResult result;
  result.claim = "Where gradients explode, clipping their norm keeps the training alive.";
  result.setting = fmt::format(
      "builtin:friedman, six hidden layers of 32, SGD with momentum at 0.01, 10 epochs; the weights begin 1 to 4 "
      "times as large as suits ReLU. Validation loss, median of {} runs; a loss of 1 is that of the mean.",
      options.seeds);
  result.header = {"weights begin at"};
  for (const double bound : bounds) result.header.push_back(name_of(bound));
  result.picture.logarithmic_y().x_label("size of the first weights").y_label("validation loss");
  std::vector<std::vector<double>> curves(bounds.size());
  for (const double scale : scales) {
    std::vector<std::string> cells = {fmt::format("{:g} times", scale)};
    std::vector<LabRun> runs;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      runs.push_back(measure(scale, bounds[i], options));
      cells.push_back(cell(runs.back(), options.seeds));
      curves[i].push_back(runs.back().finite() ? runs.back().loss : std::nan(""));
    }
    const LabRun& alone = runs.front();
    const bool exploded = !alone.finite() || alone.loss > 2;
    std::string learned, numbers;
    for (std::size_t i = 1; i < bounds.size(); ++i) {
      if (!runs[i].finite()) continue;
      std::string& list = runs[i].loss < learned_under ? learned : numbers;
      list += (list.empty() ? "" : ", ") + name_of(bounds[i]);
    }
    const std::string what = alone.finite()
                                 ? fmt::format("loss {:.3g}", alone.loss)
                                 : fmt::format("no number in {} of {} runs", alone.not_finite, options.seeds);
    result.verdicts.push_back(!exploded ? fmt::format("nothing explodes at {:g} times ({})", scale, what)
                                        : verdict(scale, what, learned, numbers));
    result.rows.push_back(std::move(cells));
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) result.picture.line(scales, curves[i], name_of(bounds[i]));
  return result;
}

}  // namespace relume::app
