#include "relume/train/run_report.h"

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/json_text.h"
#include "relume/kernels/cpu.h"
#include "relume/nn/architecture.h"
#include "relume/train/epoch_columns.h"
#include "relume/train/evaluate.h"
#include "relume/train/machine.h"
#include "relume/train/option_table.h"

namespace relume::training {
namespace {

void add_metrics(plot::ReportData& report, const Run& result) {
  const auto valid = result.valid ? values(*result.valid, result.model.task) : NamedValues(),
             test = result.test ? values(*result.test, result.model.task) : NamedValues();
  const auto find = [](const NamedValues& all, std::string_view name) {
    for (const auto& [other, value] : all)
      if (other == name) return value;
    return plot::unknown;
  };
  for (const auto& [name, value] : values(result.train, result.model.task))
    report.metrics.push_back({std::string(name), value, find(valid, name), find(test, name)});
}

void add_confusion(plot::ReportData& report, const Run& result) {
  const Metrics& held_out = result.test ? *result.test : result.valid ? *result.valid : result.train;
  const std::size_t n = result.model.labels.size();
  if (held_out.confusion.size() != n * n || n == 0) return;
  report.confusion.labels = result.model.labels;
  for (std::size_t i = 0; i < n; ++i)
    report.confusion.counts.emplace_back(held_out.confusion.begin() + static_cast<std::ptrdiff_t>(i * n),
                                         held_out.confusion.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
}

/// One curve for each weight matrix; where a check is missing, no number.
void add_layers(plot::ReportData& report, const History& history) {
  for (std::size_t k = 0; k < history.weight_names.size(); ++k) {
    plot::LayerCurve curve{history.weight_names[k], {}, {}};
    for (const EpochRow& row : history.rows) {
      const bool known = k < row.weights.size();
      curve.gradient_rms.push_back(known ? row.weights[k].gradient_rms : plot::unknown);
      curve.update_ratio.push_back(known ? row.weights[k].update_ratio : plot::unknown);
    }
    report.layers.push_back(std::move(curve));
  }
}

void add_units(plot::ReportData& report, const Run& result) {
  for (const health::LayerActivity& layer : result.history.activity) {
    if (layer.rows == 0) continue;
    plot::LayerUnits units{.name = layer.layer, .can_die = layer.kind == health::ActivationKind::rectifier};
    const auto shares = [&](const std::vector<std::int64_t>& counts, std::vector<double>& into) {
      for (const std::int64_t count : counts)
        into.push_back(static_cast<double>(count) / static_cast<double>(layer.rows));
    };
    shares(layer.fired, units.firing);
    if (layer.kind == health::ActivationKind::bounded) shares(layer.saturated, units.saturated);
    report.units.push_back(std::move(units));
  }
  add_histograms(report.units, result.model, result.held_out.sample);
}

/// Those that are not as they are by default: "epochs 50, lr 0.001, on_dead revive".
std::string text_of_options(const Options& options) {
  const Options usual;
  std::string text;
  for (const TrainOption& option : train_options())
    if (const OptionValue value = option.value(options); value != option.value(usual))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", option.name, to_text(value));
  return text;
}

}  // namespace

Run measure(const Job& job, const Trainer& trainer, History history) {
  Run result;
  result.model = job.model;
  // Results are the same bits on machines of the same level alone.
  result.model.training = io::JsonObject().add("instructions", kernels::name(kernels::level())).text();
  result.options = trainer.options();
  result.history = std::move(history);
  result.source = job.source;
  result.dropped_rows = job.dropped_rows;
  result.notes = job.notes;
  const auto look = [&](std::span<const std::int64_t> rows, const char* name) {
    const Tensor y = outputs(*job.model.network, job.dataset, rows);
    result.held_out = look_at_rows(job, rows, name, y);
    return measure(job.model, y, targets(job.dataset, rows));
  };
  const bool has_valid = !job.split.valid.empty(), has_test = !job.split.test.empty();
  if (has_test) result.test = look(job.split.test, "test set");
  if (has_valid) result.valid = has_test ? result.history.valid : look(job.split.valid, "validation rows");
  result.train = has_test || has_valid ? evaluate(job.model, job.dataset, job.split.train)
                                       : look(job.split.train, "training rows");
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

plot::ReportData to_report(const Run& result, health::Voice voice) {
  plot::ReportData report;
  report.title = result.source;
  report.command = result.command;
  report.task = data::name(result.model.task);
  report.best_epoch = result.history.best_epoch;
  for (const EpochRow& row : result.history.rows) report.epochs.push_back(row.epoch);
  report.curves = report_curves(result.history.rows, result.model.task);
  report.summary = {{"network", nn::to_string(result.model.layers) + fmt::format(" linear({})", result.model.outputs)},
                    {"parameters", fmt::format("{}", result.model.network->parameter_count())},
                    {"optimizer", fmt::format("{}, lr {:g}, batch {}", result.options.optimizer, result.options.lr,
                                              result.options.batch_size)},
                    {"loss", std::string(loss_of(result.model).name)},
                    {"epochs", fmt::format("{}, best {}; {}", result.history.rows.size(), result.history.best_epoch,
                                           to_text(result.history.ending))},
                    {"seconds", fmt::format("{:.2f}", result.history.seconds)},
                    {"seed", fmt::format("{}", result.options.seed)},
                    {"options", text_of_options(result.options)}};
  add_metrics(report, result);
  add_confusion(report, result);
  for (const health::Finding& f : result.history.findings)
    report.findings.push_back(
        {f.rule, std::string(health::name(f.severity)), f.layer, f.cause, to_string(f.remedy, voice)});
  report.cures = result.history.cures;
  add_layers(report, result.history);
  add_units(report, result);
  report.held_out = result.held_out.what;
  report.worst = result.held_out.worst;
  report.calibration = result.held_out.calibration;
  report.residuals = result.held_out.residuals;
  report.residual_bins = result.held_out.residual_bins;
  report.importance = permutation_importance(result.model, result.held_out.sample);
  report.machine = machine();
  if (result.model.preprocessor) {
    for (const auto& column : result.model.preprocessor->used()) report.columns_used.push_back(column.name);
    for (const auto& column : result.model.preprocessor->left_out())
      report.columns_left_out.emplace_back(column.name, column.reason);
  }
  return report;
}

}  // namespace relume::training
