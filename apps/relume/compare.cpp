#include "relume/train/compare.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>

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

using training::ComparedRun;
using training::Comparison;

struct CompareArguments {
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

void print_comparison(const Comparison& c, std::int64_t seeds) {
  print("{} on the {}, mean of {} seeds ± 95 % interval\n\n", metric_of(c), c.measured_on, seeds);
  print("{:<22} {:>20} {:>10} {:>11} {:>12} {:>8} {:>8} {:>14}\n", "activation", std::string(metric_of(c)), "loss",
        "best epoch", "ms an epoch", "dead", "zeros", "p beside best");
  for (std::size_t i = 0; i < c.activations.size(); ++i) {
    const auto pair = std::find_if(c.pairs.begin(), c.pairs.end(), [&](const training::ComparedPair& p) {
      return std::min(p.a, p.b) == std::min(i, c.best) && std::max(p.a, p.b) == std::max(i, c.best);
    });
    print("{:<22} {:>20} {:>10.4f} {:>11.1f} {:>12.2f} {:>6.1f} % {:>6.1f} % {:>14}\n", c.activations[i],
          measured(training::mean_of(c.values(i, &ComparedRun::metric)), c), c.mean(i, &ComparedRun::loss),
          c.mean_best_epoch(i), 1e3 * c.mean(i, &ComparedRun::seconds_per_epoch),
          100 * c.mean(i, &ComparedRun::dead_share), 100 * c.mean(i, &ComparedRun::sparsity),
          i == c.best ? "best" : fmt::format("{:.2g}", pair->p));
  }
  print("\n{}\n", c.recommendation());
}

void run(CompareArguments& a) {
  require<InputError>(a.compare.activations.size() >= 2, "compare: {} names one activation; give two or more",
                      a.compare.activations.empty() ? "nothing" : a.compare.activations.front());
  if (a.threads > 0) set_num_threads(a.threads);
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
  if (!a.csv.empty()) write_file(a.csv, result.csv());
  if (!a.picture.empty()) result.chart().save(a.picture);
  if (a.json)
    print("{}\n", result.json());
  else
    print_comparison(result, a.compare.seeds);
}

}  // namespace

void define_compare(Command& command) {
  auto a = std::make_shared<CompareArguments>();
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
