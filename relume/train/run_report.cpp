#include "relume/train/run_report.h"

#include "relume/base/require.h"
#include "relume/nn/architecture.h"
#include "relume/train/evaluate.h"

namespace relume::train {
namespace {

bool is_classification(const RunResult& result) { return result.model->task == data::Task::classification; }

void add_metrics(plot::ReportData& report, const RunResult& result) {
  const double unknown = plot::unknown;
  const auto row = [&](const char* name, auto pick) {
    report.metrics.push_back({name, pick(result.train), result.valid ? pick(*result.valid) : unknown,
                              result.test ? pick(*result.test) : unknown});
  };
  row("loss", [](const Metrics& m) { return m.loss; });
  if (is_classification(result)) {
    row("accuracy", [](const Metrics& m) { return m.accuracy; });
    row("f1_macro", [](const Metrics& m) { return m.f1_macro; });
    if (result.train.auc) row("auc", [unknown](const Metrics& m) { return m.auc.value_or(unknown); });
  } else {
    row("rmse", [](const Metrics& m) { return m.rmse; });
    row("mae", [](const Metrics& m) { return m.mae; });
    row("r2", [](const Metrics& m) { return m.r2; });
  }
}

void add_confusion(plot::ReportData& report, const RunResult& result) {
  const Metrics& held_out = result.test ? *result.test : result.valid ? *result.valid : result.train;
  const std::size_t n = result.model->labels.size();
  if (held_out.confusion.size() != n * n || n == 0) return;
  report.confusion.labels = result.model->labels;
  for (std::size_t i = 0; i < n; ++i)
    report.confusion.counts.emplace_back(held_out.confusion.begin() + static_cast<std::ptrdiff_t>(i * n),
                                         held_out.confusion.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
}

}  // namespace

RunResult measure(const Job& job, const Trainer& trainer, History history) {
  RunResult result;
  result.model = &job.model;
  result.options = trainer.options();
  result.history = std::move(history);
  result.source = job.source;
  result.train = evaluate(job.model, job.dataset, job.split.train);
  if (!job.split.valid.empty()) result.valid = evaluate(job.model, job.dataset, job.split.valid);
  if (!job.split.test.empty()) result.test = evaluate(job.model, job.dataset, job.split.test);
  return result;
}

std::string_view to_text(Ending ending) {
  switch (ending) {
    case Ending::early: return "stopped early";
    case Ending::interrupted: return "interrupted";
    case Ending::dead_units: return "stopped: half of a layer is dead";
    case Ending::not_finite: return "stopped: the loss is no number";
    default: return "all epochs";
  }
}

plot::ReportData to_report(const RunResult& result) {
  plot::ReportData report;
  report.title = result.source;
  report.command = result.command;
  report.task = data::name(result.model->task);
  report.metric_name = is_classification(result) ? "accuracy" : "rmse";
  report.best_epoch = result.history.best_epoch;
  for (const EpochRow& row : result.history.rows) {
    plot::EpochRow e;
    e.epoch = row.epoch;
    e.train_loss = row.train_loss;
    if (row.valid.rows > 0) {
      e.valid_loss = row.valid.loss;
      e.valid_metric = row.valid.main(result.model->task);
      e.dead_share = row.dead_share;
    }
    e.learning_rate = row.lr;
    e.gradient_norm = row.grad_norm;
    e.update_ratio = row.update_ratio;
    e.seconds = row.seconds;
    report.epochs.push_back(e);
  }
  report.summary = {
      {"network", nn::to_string(result.model->layers) + fmt::format(" linear({})", result.model->outputs)},
      {"parameters", fmt::format("{}", result.model->network->parameter_count())},
      {"optimizer",
       fmt::format("{}, lr {:g}, batch {}", result.options.optimizer, result.options.lr, result.options.batch_size)},
      {"epochs", fmt::format("{}, best {}; {}", result.history.rows.size(), result.history.best_epoch,
                             to_text(result.history.ending))},
      {"seconds", fmt::format("{:.2f}", result.history.seconds)},
      {"seed", fmt::format("{}", result.options.seed)}};
  add_metrics(report, result);
  add_confusion(report, result);
  for (const health::Finding& f : result.history.findings)
    report.findings.push_back({f.rule, std::string(health::name(f.severity)), f.layer, f.cause, f.remedy});
  report.cures = result.history.cures;
  if (result.model->preprocessor) {
    for (const auto& column : result.model->preprocessor->used()) report.columns_used.push_back(column.name);
    for (const auto& column : result.model->preprocessor->left_out())
      report.columns_left_out.emplace_back(column.name, column.reason);
  }
  return report;
}

}  // namespace relume::train
