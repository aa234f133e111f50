#include "relume/train/compare.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <numeric>

#include "relume/activation/activation.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/tasks.h"
#include "relume/health/unit_activity.h"
#include "relume/nn/architecture.h"
#include "relume/train/evaluate.h"
#include "relume/train/trainer.h"

namespace relume::training {
namespace {

constexpr double significant = 0.05;
constexpr double held_out = 0.2;  // of data without a test set: the validation rows choose the best epoch

/// The rows that the variants are judged by: those that the training did not choose its best weights by, where there
/// are any.
const std::vector<std::int64_t>& judged_rows(const data::Split& split) {
  return !split.test.empty() ? split.test : !split.valid.empty() ? split.valid : split.train;
}

double mean_sparsity(const health::UnitActivity& activity) {
  double zeros = 0, outputs = 0;
  for (const health::LayerActivity& layer : activity.layers()) {
    const double count = static_cast<double>(layer.rows) * static_cast<double>(layer.fired.size());
    zeros += layer.sparsity() * count;
    outputs += count;
  }
  return outputs > 0 ? zeros / outputs : 0;
}

ComparedRun run_one(const data::Source& source, const CompareOptions& options, const std::string& activation,
                    std::uint64_t seed, const std::atomic<bool>* stop, Comparison& facts) {
  TrainOptions train = options.train;
  train.seed = seed;
  train.activation = activation;
  if (!train.test.given() && !data::has_test_set(source)) train.test = held_out;
  Job job = make_job(source, train);
  Trainer trainer(job.model, job.dataset, job.split, train);
  trainer.stop = stop;
  const History history = trainer.run();
  ComparedRun run{.activation = activation, .seed = seed};
  run.epochs = static_cast<std::int64_t>(history.rows.size());
  run.best_epoch = history.best_epoch;
  run.seconds_per_epoch = history.seconds / static_cast<double>(std::max<std::int64_t>(run.epochs, 1));
  for (const EpochRow& row : history.rows)
    run.loss_curve.push_back(row.valid.rows > 0 ? row.valid.loss : row.train_loss);
  const health::UnitActivity activity(*job.model.network);
  const Metrics metrics = evaluate(job.model, job.dataset, judged_rows(job.split));
  run.metric = metrics.main(job.model.task);
  run.loss = metrics.loss;
  run.dead_share = activity.dead_share();
  run.sparsity = mean_sparsity(activity);
  facts.task = job.model.task;
  facts.measured_on = !job.split.test.empty()    ? "test set"
                      : !job.split.valid.empty() ? "validation set"
                                                 : "training rows";
  return run;
}

void check(const CompareOptions& options) {
  if (!options.train.layers.empty())
    throw OptionError({"layers", "hidden"},
                      "compare: layers says itself which activations there are; give the widths with hidden");
  require(options.activations.size() >= 2, "compare: {} activation; give two or more", options.activations.size());
  require(options.seeds > 0, "compare: {} seeds; give at least one, better five", options.seeds);
  for (std::size_t i = 0; i < options.activations.size(); ++i) {
    const auto& names = options.activations;
    require(std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) ==
                names.begin() + static_cast<std::ptrdiff_t>(i),
            "compare: {} is given twice", names[i]);
    static_cast<void>(Activation(names[i]));  // an unknown one is an error before anything is trained
  }
}

void test_pairs(Comparison& result) {
  std::vector<double> p;
  for (std::size_t a = 0; a < result.activations.size(); ++a)
    for (std::size_t b = a + 1; b < result.activations.size(); ++b) {
      const std::vector<double> first = result.values(a, &ComparedRun::metric),
                                second = result.values(b, &ComparedRun::metric);
      result.pairs.push_back({a, b, mean_of(first).mean - mean_of(second).mean, 1});
      p.push_back(paired_p(first, second));
    }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) result.pairs[i].p = adjusted[i];
}

void choose_best(Comparison& result) {
  const double sign = result.task == data::Task::classification ? 1 : -1;
  const auto score = [&](std::size_t i) { return sign * mean_of(result.values(i, &ComparedRun::metric)).mean; };
  for (std::size_t i = 1; i < result.activations.size(); ++i)
    if (score(i) > score(result.best)) result.best = i;
  for (const ComparedPair& pair : result.pairs) {
    if (pair.a != result.best && pair.b != result.best) continue;
    if (pair.p >= significant) result.not_worse.push_back(pair.a == result.best ? pair.b : pair.a);
  }
}

/// The mean of the runs' losses, as far as all of them went.
std::vector<double> mean_curve(const Comparison& c, const std::string& activation) {
  std::vector<double> sum;
  double count = 0;
  for (const ComparedRun& run : c.runs) {
    if (run.activation != activation) continue;
    sum.resize(count == 0 ? run.loss_curve.size() : std::min(sum.size(), run.loss_curve.size()));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += run.loss_curve[i];
    ++count;
  }
  for (double& value : sum) value /= count;
  return sum;
}

}  // namespace

std::vector<double> Comparison::values(std::size_t activation, double ComparedRun::*member) const {
  std::vector<double> result;
  for (const ComparedRun& run : runs)
    if (run.activation == activations[activation]) result.push_back(run.*member);
  return result;
}

double Comparison::mean(std::size_t activation, double ComparedRun::*member) const {
  return mean_of(values(activation, member)).mean;
}

double Comparison::mean_best_epoch(std::size_t activation) const {
  double sum = 0, count = 0;
  for (const ComparedRun& run : runs)
    if (run.activation == activations[activation]) sum += static_cast<double>(run.best_epoch), ++count;
  return sum / count;
}

std::string Comparison::recommendation() const {
  const std::string& first = activations[best];
  std::string others;
  for (const std::size_t i : not_worse) others += (others.empty() ? "" : ", ") + activations[i];
  if (not_worse.empty()) return fmt::format("{} is best: each of the others is worse by a paired test", first);
  if (runs.size() == activations.size())
    return "no difference shown: one seed tells nothing about chance; give five seeds or more";
  if (not_worse.size() + 1 == activations.size())
    return fmt::format("no difference shown: take what you like, {} is as good a choice as any", first);
  return fmt::format("no difference shown between {} and {}; the others are worse by a paired test", first, others);
}

std::string Comparison::csv() const {
  std::string text = fmt::format("activation,seed,{},loss,seconds_per_epoch,epochs,best_epoch,dead_share,sparsity\n",
                                 main_metric(task));
  for (const ComparedRun& r : runs) {
    const char* quote = r.activation.find(',') != std::string::npos ? "\"" : "";
    text += fmt::format("{0}{1}{0},{2},{3},{4},{5},{6},{7},{8},{9}\n", quote, r.activation, r.seed, r.metric, r.loss,
                        r.seconds_per_epoch, r.epochs, r.best_epoch, r.dead_share, r.sparsity);
  }
  return text;
}

plot::Chart Comparison::chart() const {
  plot::Chart chart("");
  for (const std::string& activation : activations) chart.line(mean_curve(*this, activation), activation);
  return chart.x_label("epoch").y_label(measured_on == "training rows" ? "training loss, mean of the seeds"
                                                                       : "validation loss, mean of the seeds");
}

Comparison compare(const data::Source& source, const CompareOptions& options,
                   const std::function<void(const ComparedRun&)>& on_run, const std::atomic<bool>* stop) {
  check(options);
  const auto began = std::chrono::steady_clock::now();
  Comparison result;
  result.activations = options.activations;
  const auto variants = static_cast<std::int64_t>(options.activations.size());
  const std::int64_t count = variants * options.seeds;
  result.runs.resize(static_cast<std::size_t>(count));
  std::atomic<std::int64_t> next = 0;
  std::mutex lock;
  // A core takes the next run when it has ended one. Inside of it, a run's own operations use one thread.
  parallel_tasks(std::min<std::int64_t>(num_threads(), count), [&](std::int64_t, std::int64_t) {
    for (std::int64_t i = next++; i < count && !(stop && *stop); i = next++) {
      const std::int64_t variant = i % variants, seed = i / variants;
      Comparison facts;
      ComparedRun run = run_one(source, options, options.activations[static_cast<std::size_t>(variant)],
                                options.train.seed + static_cast<std::uint64_t>(seed), stop, facts);
      const std::scoped_lock guard(lock);
      if (on_run) on_run(run);
      result.task = facts.task;
      result.measured_on = facts.measured_on;
      result.runs[static_cast<std::size_t>(variant * options.seeds + seed)] = std::move(run);
    }
  });
  if (stop && *stop) throw Error("compare: interrupted; there is no result");
  test_pairs(result);
  choose_best(result);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace relume::training
