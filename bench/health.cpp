// health rules: every planted training judged by relume and by the rules that others document. health cost WIDTHS
// BATCH: microseconds of a step with and without a Monitor. health cures: planted failing trainings, mended or left
// alone. One JSON object a line.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/health/monitor.h"
#include "relume/nn/loss.h"
#include "relume/optim/adam.h"
#include "relume/train/evaluate.h"
#include "tests/health/planted_runs.h"
#include "tests/train/small_problem.h"

namespace {

using namespace relume;
using health::planted::Case;
using health::planted::Training;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void print(const Json& json) { fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

/// What a detector said in the course of a training: names of relume's rules.
using Said = std::set<std::string>;

struct Gradients {
  double zero_share = 0, smallest_mean = HUGE_VAL, first_norm = 0, last_norm = 0;
  bool finite = true;
};

Gradients look_at_gradients(const Training& t) {
  Gradients g;
  std::int64_t zeros = 0, all = 0;
  std::vector<double> norms;
  for (const Tensor& parameter : t.network->parameters()) {
    if (parameter.dimensions() < 2 || !parameter.grad().defined()) continue;
    double sum = 0, squares = 0;
    for (const float v : parameter.grad().span<float>()) {
      zeros += v == 0;
      sum += std::abs(static_cast<double>(v));
      squares += static_cast<double>(v) * static_cast<double>(v);
    }
    all += parameter.elements();
    g.finite = g.finite && std::isfinite(squares);
    g.smallest_mean = std::min(g.smallest_mean, sum / static_cast<double>(parameter.elements()));
    norms.push_back(std::sqrt(squares));
  }
  g.zero_share = static_cast<double>(zeros) / static_cast<double>(std::max<std::int64_t>(all, 1));
  g.first_norm = norms.front();
  g.last_norm = norms.back();
  return g;
}

/// Amazon SageMaker Debugger's documented rules, asked at every check: DeadRelu (active on under 1 % of a batch: over
/// half of a layer), VanishingGradient (mean |g| under 1e-7), ExplodingTensor (no number).
void ask_sagemaker(const Training& t, const Gradients& g, Said& said) {
  if (!g.finite) said.insert("exploding_gradient");
  if (g.smallest_mean < 1e-7) said.insert("vanishing_gradient");
  health::UnitActivity activity(*t.network);
  {
    const NoGradGuard guard;
    (*t.network)(t.x.slice(0, 0, std::min<std::int64_t>(t.recipe.batch, t.x.size(0))));
  }
  for (const health::LayerActivity& layer : activity.layers()) {
    if (layer.kind != health::ActivationKind::rectifier) continue;
    const auto dead = std::count_if(layer.fired.begin(), layer.fired.end(), [&](std::int64_t fired) {
      return static_cast<double>(fired) < 0.01 * static_cast<double>(layer.rows);
    });
    if (2 * dead > static_cast<std::ptrdiff_t>(layer.fired.size())) said.insert("dead_units");
  }
}

/// AutoTrainer's (Zhang et al., "AutoTrainer: an automatic DNN training problem detection and repair system", 2021).
void ask_autotrainer(const Gradients& g, Said& said) {
  if (g.zero_share >= 0.7) said.insert("dead_units");
  if (g.first_norm < 1e-4 && g.first_norm < 1e-3 * g.last_norm) said.insert("vanishing_gradient");
  if (!g.finite || g.first_norm > 70 * g.last_norm) said.insert("exploding_gradient");
}

/// keras-contrib's DeadReluDetector: a tenth of a layer never fires on the whole training set.
void ask_keras(const std::vector<health::LayerActivity>& activity, Said& said) {
  for (const health::LayerActivity& layer : activity)
    if (layer.kind == health::ActivationKind::rectifier && 10 * layer.dead_units().size() >= layer.fired.size())
      said.insert("dead_units");
}

/// Microseconds of one look, the median of several.
template <class Look>
double cost_of(Look look) {
  std::vector<double> taken;
  for (int i = 0; i < 15; ++i) {
    const auto begin = Clock::now();
    look();
    taken.push_back(since(begin) * 1e6);
  }
  std::nth_element(taken.begin(), taken.begin() + 7, taken.end());
  return taken[7];
}

/// What one look costs each detector, on a network as the training has left it.
Json costs(const Training& t) {
  health::Monitor monitor(*t.network, *t.optimizer, {.interval = 1});
  t.optimizer->zero_grad();
  t.loss(t.x.slice(0, 0, t.recipe.batch), t.y.slice(0, 0, t.recipe.batch)).backward();
  Said said;
  return {{"relume", cost_of([&] {
             monitor.begin_step(1);
             monitor.end_step();
           })},
          {"SageMaker Debugger", cost_of([&] { ask_sagemaker(t, look_at_gradients(t), said); })},
          {"AutoTrainer", cost_of([&] { ask_autotrainer(look_at_gradients(t), said); })},
          {"keras-contrib", cost_of([&] {
             health::UnitActivity activity(*t.network);
             const NoGradGuard guard;
             (*t.network)(t.x);
             ask_keras(activity.layers(), said);
           })}};
}

void run_rules() {
  for (const Case& one : health::planted::cases()) {
    std::map<std::string, Said> said;
    const health::planted::Outcome outcome = run(one, [&](Training& t) {
      const Gradients g = look_at_gradients(t);
      ask_sagemaker(t, g, said["SageMaker Debugger"]);
      ask_autotrainer(g, said["AutoTrainer"]);
    });
    ask_keras(outcome.activity, said["keras-contrib"]);
    for (const health::Finding& f : outcome.findings)
      if (f.severity != health::Severity::info || f.rule == one.rule) said["relume"].insert(f.rule);
    bool dead = false;
    for (std::size_t n = 0; n < outcome.activity.size(); ++n)
      dead = dead ||
             (outcome.activity[n].kind == health::ActivationKind::rectifier &&
              10 * units_by_definition(*outcome.training, n, "dead_units").size() >= outcome.activity[n].fired.size());
    print({{"rule", one.rule},
           {"name", one.name},
           {"tenth_is_dead", dead},
           {"said", said},
           {"cost", costs(*outcome.training)}});
  }
}

void run_cost(const std::string& hidden, std::int64_t batch) {
  set_num_threads(1);
  manual_seed(1);
  Rng rng(1);
  const auto network = nn::build(nn::parse_architecture(hidden), 784, 10, rng);
  optim::Adam adam(network->parameters());
  health::Monitor monitor(*network, adam);
  const Tensor x = randn({batch, 784});
  std::vector<std::int64_t> classes;
  for (std::int64_t i = 0; i < batch; ++i) classes.push_back(i % 10);
  const Tensor y = from_vector(classes);
  const auto step = [&](bool watched) {
    adam.zero_grad();
    const Tensor loss = nn::cross_entropy((*network)(x), y);
    loss.backward();
    if (watched)
      monitor.step(loss.item<double>());
    else
      adam.step();
  };
  // In turns, so that a change of the clock meets both; each turn has several of the checked steps in it.
  std::vector<double> plain, watched;
  step(false);
  for (int turn = 0; turn < 41; ++turn)
    for (const bool on : {turn % 2 == 0, turn % 2 != 0}) {
      constexpr int steps = 64;
      const auto begin = Clock::now();
      for (int i = 0; i < steps; ++i) step(on);
      (on ? watched : plain).push_back(since(begin) / steps * 1e6);
    }
  const auto median = [](std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  print({{"plain", median(plain)}, {"watched", median(watched)}});
}

/// A training that fails: from which state it starts and by which options.
struct Failing {
  std::string name, data, activation;
  std::vector<int> widths;
  training::Options options;
  float bias = 0, weights = 1;
};

std::string layers_of(const std::vector<int>& widths, const std::string& activation) {
  std::string text;
  for (const int width : widths) text += fmt::format("linear({}) {} ", width, activation);
  return text;
}

/// Accuracy, or R² where the target is a number; nothing below 0.
double train_and_score(const Failing& f, std::uint64_t seed) {
  training::Problem p = training::make_problem(f.data, layers_of(f.widths, f.activation), 1000, seed);
  for (Tensor& parameter : p.model.network->parameters())
    for (float& value : parameter.span<float>()) value = parameter.dimensions() == 2 ? value * f.weights : f.bias;
  // The last layer answers; a bias of its own would only be a constant.
  for (float& value : p.model.network->parameters().back().span<float>()) value = 0;
  training::Options options = f.options;
  options.seed = seed;
  training::Trainer(p.model, p.dataset, p.split, options).run();
  const training::Metrics m = training::evaluate(p.model, p.dataset, p.split.valid);
  const double score = f.data == "friedman" ? m.r2 : m.accuracy;
  return std::isfinite(score) ? std::max(score, 0.0) : 0;
}

std::vector<Failing> failing() {
  training::Options usual;
  usual.epochs = 30;
  usual.batch_size = 32;
  usual.lr = 5e-3;
  usual.optimizer = "adam";
  usual.patience = 1000;
  std::vector<Failing> all;
  const std::vector<std::vector<int>> shapes = {{16, 16}, {32, 32}, {64, 64}, {24, 24, 24}};
  const char* data[] = {"moons", "circles", "spirals", "friedman"};
  for (int i = 0; i < 8; ++i) {
    const int bias = -1 - i / 2;
    all.push_back({fmt::format("biases of {}", bias), data[i % 4], "relu", shapes[static_cast<std::size_t>(i % 3)],
                   usual, static_cast<float>(bias)});
  }
  for (int i = 0; i < 8; ++i) {
    training::Options o = usual;
    o.lr = std::vector{0.3, 0.1, 0.5, 1.0}[static_cast<std::size_t>(i / 2)];
    all.push_back(
        {fmt::format("adam with a rate of {}", o.lr), data[i % 4], "relu", shapes[static_cast<std::size_t>(i % 4)], o});
  }
  for (int i = 0; i < 4; ++i) {
    training::Options o = usual;
    o.optimizer = "sgd";
    o.lr = std::vector{0.5, 1.0, 3.0, 10.0}[static_cast<std::size_t>(i)];
    all.push_back(
        {fmt::format("sgd with a rate of {}", o.lr), "friedman", "relu", shapes[static_cast<std::size_t>(i)], o});
  }
  for (int i = 0; i < 4; ++i) {
    training::Options o = usual;
    o.optimizer = "sgd";
    o.lr = 0.05;
    all.push_back({fmt::format("sgd, weights times {}", 3 + i), data[3 - i % 2], "relu",
                   shapes[static_cast<std::size_t>(i)], o, 0, static_cast<float>(3 + i)});
  }
  return all;
}

Failing changed_at_random(Failing f, Rng& rng) {
  switch (rng.below(3)) {
    case 0: f.activation = std::vector{"leaky_relu", "elu", "tanh"}[rng.below(3)]; break;
    case 1: f.options.lr *= rng.below(2) ? 10 : 0.1; break;
    default: f.bias = 0, f.weights = rng.below(2) ? 0.5f : 1.0f;
  }
  return f;
}

void run_cures() {
  Rng rng(11);
  for (const Failing& f : failing()) {
    Failing healthy = f, cured = f;
    healthy.bias = 0, healthy.weights = 1;
    healthy.options.lr = f.options.optimizer == "sgd" ? 0.05 : 5e-3;
    cured.options.on_dead = training::OnDead::revive;
    cured.options.on_explode = training::OnExplode::backoff;
    Json line = {{"name", fmt::format("{} {}: {}", f.data, layers_of(f.widths, f.activation), f.name)}};
    const auto mean_of_three = [&](auto score) {
      double sum = 0;
      for (std::uint64_t seed = 1; seed <= 3; ++seed) sum += score(seed);
      return sum / 3;
    };
    line["healthy"] = mean_of_three([&](std::uint64_t seed) { return train_and_score(healthy, seed); });
    line["nothing"] = mean_of_three([&](std::uint64_t seed) { return train_and_score(f, seed); });
    line["another seed"] = mean_of_three([&](std::uint64_t seed) { return train_and_score(f, seed + 100); });
    line["random change"] =
        mean_of_three([&](std::uint64_t seed) { return train_and_score(changed_at_random(f, rng), seed); });
    line["relume"] = mean_of_three([&](std::uint64_t seed) { return train_and_score(cured, seed); });
    print(line);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "rules") return run_rules(), 0;
  if (what == "cost" && argc == 4) return run_cost(argv[2], std::atoll(argv[3])), 0;
  if (what == "cures") return run_cures(), 0;
  fmt::print(stderr, "usage: health rules | health cost LAYERS BATCH | health cures\n");
  return 2;
}
