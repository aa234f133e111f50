// How many ReLU units die as the learning rate grows or their biases begin low, and what is done about it.
#include <cmath>

#include <fmt/core.h>

#include "apps/relume/lab.h"
#include "apps/relume/lab_run.h"
#include "relume/nn/linear.h"

namespace relume::app {
namespace {

struct Cure {
  std::string name, activation;
  training::OnDead on_dead = training::OnDead::report;
};

const std::vector<Cure> cures = {{"relu", "relu"},
                                 {"leaky_relu", "leaky_relu"},
                                 {"prelu", "prelu"},
                                 {"elu", "elu"},
                                 {"relu, revived", "relu", training::OnDead::revive}};
const std::vector<double> rates = {0.01, 0.1, 0.3, 1};
const std::vector<double> biases = {-1, -4};

constexpr double a_point = 0.01;  // of accuracy

struct Trouble {
  std::string name;
  double lr = 0.1;
  double bias = 0;
};

std::vector<Trouble> troubles() {
  std::vector<Trouble> all;
  for (const double rate : rates) all.push_back({fmt::format("lr {:g}", rate), rate, 0});
  for (const double bias : biases) all.push_back({fmt::format("lr 0.1, bias {:g}", bias), 0.1, bias});
  return all;
}

/// Lowers the biases of the layers that an activation follows.
void lower_biases(nn::Sequential& network, double by) {
  for (std::size_t i = 0; i + 1 < network.size(); ++i)
    if (nn::Linear* linear = network[i].as_linear()) linear->bias.detach().fill_(by);
}

LabRun measure(const Trouble& trouble, const Cure& cure, const LabOptions& options) {
  TrainOptions train;
  train.hidden = {64, 64};
  train.activation = cure.activation;
  train.seed = options.seed;
  train.optimizer = "sgd";
  train.lr = trouble.lr;
  train.epochs = train.patience = 15;
  train.schedule = "none";
  train.on_dead = cure.on_dead;
  return lab_median("builtin:moons", train, options.seeds, [&](nn::Sequential& network) {
    if (trouble.bias != 0) lower_biases(network, trouble.bias);
  });
}

std::string cell(const LabRun& run) {
  if (!run.finite()) return fmt::format("no number in {} runs", run.not_finite);
  return fmt::format("{:.0f} % dead, {:.3f}", 100 * run.dead_share, run.accuracy);
}

/// What one trouble did, who came through it better, and who did not.
std::string verdict(const Trouble& trouble, const std::vector<LabRun>& runs, double healthy_dead) {
  const LabRun& relu = runs.front();
  const bool died = relu.dead_share > healthy_dead + 0.1;
  std::string text = fmt::format("{} with {}: relu {}",
                                 !relu.finite() ? "not to be told"
                                 : died         ? "held"
                                                : "did not hold",
                                 trouble.name, cell(relu));
  std::string better, alike, worse, lost;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const double gain = runs[i].accuracy - relu.accuracy;
    std::string& list = !runs[i].finite()                  ? lost
                        : !relu.finite() || gain > a_point ? better
                        : gain < -a_point                  ? worse
                                                           : alike;
    list += (list.empty() ? "" : ", ") + cures[i].name;
  }
  const auto tell = [&](const char* what, const std::string& names) {
    if (!names.empty()) text += fmt::format("; {}: {}", what, names);
  };
  tell("better", better);
  tell("within a point of it", alike);
  tell("worse", worse);
  tell("lost all numbers in some run", lost);
  return text;
}

/// The share of dead units against the first biases, for several rates.
plot::Chart dead_by_bias(const LabOptions& options) {
  const std::vector<double> first_biases = {-2, -1.5, -1, -0.5, 0};
  plot::Chart chart("");
  const auto draw = [&](const Cure& cure, double rate, const std::string& name) {
    std::vector<double> dead;
    for (const double bias : first_biases) {
      const LabRun run = measure({"", rate, bias}, cure, options);
      dead.push_back(run.not_finite < options.seeds ? run.dead_share : std::nan(""));
    }
    chart.line(first_biases, dead, name);
  };
  for (const double rate : {0.01, 0.1, 0.3}) draw(cures.front(), rate, fmt::format("relu, lr {:g}", rate));
  draw(cures.back(), 0.1, "relu, revived, lr 0.1");
  return chart.x_label("first biases").y_label("share of dead units");
}

}  // namespace

LabResult lab_dying(const LabOptions& options) {
  LabResult result;
  result.claim =
      "Large learning rates and low biases kill ReLU units; leaky_relu, prelu, elu and revived units come through.";
  result.setting = fmt::format(
      "builtin:moons, two hidden layers of 64, SGD with momentum, 15 epochs; dead units and accuracy on the validation "
      "rows, median of {} runs.",
      options.seeds);
  result.header = {"trouble"};
  for (const Cure& cure : cures) result.header.push_back(cure.name);
  double healthy_dead = 0;
  for (const Trouble& trouble : troubles()) {
    std::vector<std::string> cells = {trouble.name};
    std::vector<LabRun> runs;
    for (std::size_t i = 0; i < cures.size(); ++i) {
      runs.push_back(measure(trouble, cures[i], options));
      cells.push_back(cell(runs.back()));
    }
    if (result.rows.empty())
      healthy_dead = runs.front().dead_share;
    else
      result.verdicts.push_back(verdict(trouble, runs, healthy_dead));
    result.rows.push_back(std::move(cells));
  }
  result.picture = dead_by_bias(options);
  return result;
}

}  // namespace relume::app
