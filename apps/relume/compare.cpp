#include "relume/train/compare.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"
#include "relume/base/atomic_file.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/train/option_table.h"

namespace relume::app {
namespace {

using Json = nlohmann::ordered_json;
using training::ComparedRun;
using training::Comparison;

struct Arguments {
  std::string data;
  training::CompareOptions compare;
  std::string csv, picture;
  int threads = 0;
  bool json = false, quiet = false;
};

std::string_view metric_of(const Comparison& c) { return training::main_metric(c.task); }

std::string measured(const training::Mean& m, const Comparison& c) {
  const bool classes = c.task == data::Task::classification;
  return classes ? fmt::format("{:.4f} ± {:.4f}", m.mean, m.half_width)
                 : fmt::format("{:.6g} ± {:.2g}", m.mean, m.half_width);
}

double mean(const Comparison& c, std::size_t i, double ComparedRun::*member) {
  return training::mean_of(c.values(i, member)).mean;
}

double mean_best_epoch(const Comparison& c, std::size_t i) {
  double sum = 0, count = 0;
  for (const ComparedRun& run : c.runs)
    if (run.activation == c.activations[i]) sum += static_cast<double>(run.best_epoch), ++count;
  return sum / count;
}

void print_table(const Comparison& c, std::int64_t seeds) {
  print("{} on the {}, mean of {} seeds ± 95 % interval\n\n", metric_of(c), c.measured_on, seeds);
  print("{:<22} {:>20} {:>10} {:>11} {:>12} {:>8} {:>8} {:>14}\n", "activation", std::string(metric_of(c)), "loss",
        "best epoch", "ms an epoch", "dead", "zeros", "p beside best");
  for (std::size_t i = 0; i < c.activations.size(); ++i) {
    const auto pair = std::find_if(c.pairs.begin(), c.pairs.end(), [&](const training::ComparedPair& p) {
      return std::min(p.a, p.b) == std::min(i, c.best) && std::max(p.a, p.b) == std::max(i, c.best);
    });
    print("{:<22} {:>20} {:>10.4f} {:>11.1f} {:>12.2f} {:>6.1f} % {:>6.1f} % {:>14}\n", c.activations[i],
          measured(training::mean_of(c.values(i, &ComparedRun::metric)), c), mean(c, i, &ComparedRun::loss),
          mean_best_epoch(c, i), 1e3 * mean(c, i, &ComparedRun::seconds_per_epoch),
          100 * mean(c, i, &ComparedRun::dead_share), 100 * mean(c, i, &ComparedRun::sparsity),
          i == c.best ? "best" : fmt::format("{:.2g}", pair->p));
  }
  print("\n{}\n", c.recommendation());
}

Json to_json(const Comparison& c, const Arguments& a, double seconds) {
  Json variants = Json::array(), pairs = Json::array(), not_worse = Json::array();
  for (std::size_t i = 0; i < c.activations.size(); ++i) {
    const std::vector<double> values = c.values(i, &ComparedRun::metric);
    const training::Mean m = training::mean_of(values);
    variants.push_back({{"activation", c.activations[i]},
                        {"mean", m.mean},
                        {"half_width", m.half_width},
                        {"values", values},
                        {"loss", mean(c, i, &ComparedRun::loss)},
                        {"best_epoch", mean_best_epoch(c, i)},
                        {"seconds_per_epoch", mean(c, i, &ComparedRun::seconds_per_epoch)},
                        {"dead_share", mean(c, i, &ComparedRun::dead_share)},
                        {"sparsity", mean(c, i, &ComparedRun::sparsity)}});
  }
  for (const training::ComparedPair& p : c.pairs)
    pairs.push_back({{"a", c.activations[p.a]}, {"b", c.activations[p.b]}, {"difference", p.difference}, {"p", p.p}});
  for (const std::size_t i : c.not_worse) not_worse.push_back(c.activations[i]);
  return {{"task", data::name(c.task)},    {"metric", metric_of(c)},
          {"measured_on", c.measured_on},  {"seed", a.compare.train.seed},
          {"seeds", a.compare.seeds},      {"seconds", seconds},
          {"variants", variants},          {"pairs", pairs},
          {"best", c.activations[c.best]}, {"winner", c.not_worse.empty() ? Json(c.activations[c.best]) : Json()},
          {"not_worse", not_worse}};
}

void run(Arguments& a) {
  require<InputError>(a.compare.activations.size() >= 2, "compare: {} names one activation; give two or more",
                      a.compare.activations.empty() ? "nothing" : a.compare.activations.front());
  if (a.threads > 0) set_num_threads(a.threads);
  const auto began = std::chrono::steady_clock::now();
  const data::Source source = training::open_data(a.data, a.compare.train);
  catch_interrupts();
  std::int64_t done = 0;
  const Comparison result = training::compare(
      source, a.compare,
      [&](const ComparedRun& r) {
        if (a.quiet) return;
        say("{}/{}  {} seed {}: {:.6g} after {} epochs", ++done,
            a.compare.seeds * static_cast<std::int64_t>(a.compare.activations.size()), r.activation, r.seed, r.metric,
            r.epochs);
      },
      &interrupted);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (!a.csv.empty()) write_file(a.csv, result.csv());
  if (!a.picture.empty()) result.chart().save(a.picture);
  if (a.json)
    print("{}\n", to_json(result, a, seconds).dump());
  else
    print_table(result, a.compare.seeds);
}

}  // namespace

void define_compare(Command& command) {
  auto a = std::make_shared<Arguments>();
  add_data(command, a->data);
  add_train_options(command, a->compare.train, names_of_task(false));
  command.option("--activations", a->compare.activations, "two or more: relu,leaky_relu,prelu,elu")
      .split_at_commas()
      .required();
  command.option("--seeds", a->compare.seeds, "runs of each: the more, the smaller the differences it can show")
      .number(training::at_least_one)
      .with_default();
  add_train_options(command, a->compare.train, {"epochs", "batch_size", "optimizer", "lr"});
  command.option("--threads", a->threads, "runs side by side (OMP_NUM_THREADS, or the processors that there are)")
      .number(training::at_least_one);
  command.option("--csv", a->csv, "a row for each run, into this file");
  command.option("-o,--out", a->picture, "the mean loss curves as a picture: .svg, .png, .pdf or .html");
  command.flag("--json", a->json, "print the result as one JSON object");
  command.flag("--quiet", a->quiet, "no progress");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
