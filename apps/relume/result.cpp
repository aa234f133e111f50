#include "apps/relume/result.h"

#include <fmt/core.h>

namespace relume::app {
namespace {

using Json = nlohmann::ordered_json;

bool is_classification(const Result& result) { return result.model->task == data::Task::classification; }

std::string_view ending(train::Ending e) {
  switch (e) {
    case train::Ending::early: return "stopped early";
    case train::Ending::interrupted: return "interrupted";
    case train::Ending::dead_units: return "stopped: half of a layer is dead";
    case train::Ending::not_finite: return "stopped: the loss is no number";
    default: return "all epochs";
  }
}

void add_metrics(plot::ReportData& report, const Result& result) {
  const double unknown = plot::unknown;
  const auto row = [&](const char* name, auto pick) {
    report.metrics.push_back({name, pick(result.train), result.valid ? pick(*result.valid) : unknown,
                              result.test ? pick(*result.test) : unknown});
  };
  row("loss", [](const train::Metrics& m) { return m.loss; });
  if (is_classification(result)) {
    row("accuracy", [](const train::Metrics& m) { return m.accuracy; });
    row("f1_macro", [](const train::Metrics& m) { return m.f1_macro; });
    if (result.train.auc) row("auc", [unknown](const train::Metrics& m) { return m.auc.value_or(unknown); });
  } else {
    row("rmse", [](const train::Metrics& m) { return m.rmse; });
    row("mae", [](const train::Metrics& m) { return m.mae; });
    row("r2", [](const train::Metrics& m) { return m.r2; });
  }
}

void add_confusion(plot::ReportData& report, const Result& result) {
  const train::Metrics& held_out = result.test ? *result.test : result.valid ? *result.valid : result.train;
  const std::size_t n = result.model->labels.size();
  if (held_out.confusion.size() != n * n || n == 0) return;
  report.confusion.labels = result.model->labels;
  for (std::size_t i = 0; i < n; ++i)
    report.confusion.counts.emplace_back(held_out.confusion.begin() + static_cast<std::ptrdiff_t>(i * n),
                                         held_out.confusion.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
}

}  // namespace

Json to_json(const std::vector<health::Finding>& findings) {
  Json list = Json::array();
  for (const health::Finding& f : findings) {
    Json evidence = Json::object();
    for (const auto& [key, value] : f.evidence) evidence[key] = value;
    list.push_back({{"rule", f.rule},
                    {"severity", health::name(f.severity)},
                    {"layer", f.layer},
                    {"units", f.units},
                    {"step", f.step},
                    {"evidence", evidence},
                    {"cause", f.cause},
                    {"remedy", f.remedy}});
  }
  return list;
}

Json to_json(const train::Metrics& m, data::Task task) {
  if (task == data::Task::regression) return {{"loss", m.loss}, {"rmse", m.rmse}, {"mae", m.mae}, {"r2", m.r2}};
  Json j = {{"loss", m.loss}, {"accuracy", m.accuracy}, {"f1_macro", m.f1_macro}};
  if (m.auc) j["auc"] = *m.auc;
  return j;
}

std::string to_text(const train::Metrics& m, data::Task task) {
  if (task == data::Task::regression) return fmt::format("rmse {:.6g}  mae {:.6g}  r2 {:.4f}", m.rmse, m.mae, m.r2);
  return fmt::format("accuracy {:.4f}  f1_macro {:.4f}  {}loss {:.4f}", m.accuracy, m.f1_macro,
                     m.auc ? fmt::format("auc {:.4f}  ", *m.auc) : "", m.loss);
}

Json Result::to_json() const {
  const auto optional = [&](const std::optional<train::Metrics>& m) {
    return m ? app::to_json(*m, model->task) : Json();
  };
  Json used = Json::array(), left_out = Json::object();
  if (model->preprocessor) {
    for (const auto& column : model->preprocessor->used()) used.push_back(column.name);
    for (const auto& column : model->preprocessor->left_out()) left_out[column.name] = column.reason;
  }
  return {{"task", data::name(model->task)},
          {"metric", is_classification(*this) ? "accuracy" : "rmse"},
          {"train", app::to_json(train, model->task)},
          {"valid", optional(valid)},
          {"test", optional(test)},
          {"epochs", history.rows.size()},
          {"best_epoch", history.best_epoch},
          {"ending", ending(history.ending)},
          {"seconds", history.seconds},
          {"seed", options.seed},
          {"model", model_path},
          {"run", run_path},
          {"columns", {{"used", used}, {"left_out", left_out}}},
          {"findings", app::to_json(history.findings)},
          {"cures", history.cures}};
}

plot::ReportData Result::to_report() const {
  plot::ReportData report;
  report.title = source;
  report.command = command;
  report.task = data::name(model->task);
  report.metric_name = is_classification(*this) ? "accuracy" : "rmse";
  report.best_epoch = history.best_epoch;
  for (const train::EpochRow& row : history.rows) {
    plot::EpochRow e;
    e.epoch = row.epoch;
    e.train_loss = row.train_loss;
    if (row.valid.rows > 0) {
      e.valid_loss = row.valid.loss;
      e.valid_metric = row.valid.main(model->task);
      e.dead_share = row.dead_share;
    }
    e.learning_rate = row.lr;
    e.gradient_norm = row.grad_norm;
    e.seconds = row.seconds;
    report.epochs.push_back(e);
  }
  report.summary = {
      {"network", nn::to_string(model->layers) + fmt::format(" linear({})", model->outputs)},
      {"parameters", fmt::format("{}", model->network->parameter_count())},
      {"optimizer", fmt::format("{}, lr {:g}, batch {}", options.optimizer, options.lr, options.batch_size)},
      {"epochs", fmt::format("{}, best {}; {}", history.rows.size(), history.best_epoch, ending(history.ending))},
      {"seconds", fmt::format("{:.2f}", history.seconds)},
      {"seed", fmt::format("{}", options.seed)}};
  add_metrics(report, *this);
  add_confusion(report, *this);
  for (const health::Finding& f : history.findings)
    report.findings.push_back({f.rule, std::string(health::name(f.severity)), f.layer, f.cause, f.remedy});
  if (model->preprocessor) {
    for (const auto& column : model->preprocessor->used()) report.columns_used.push_back(column.name);
    for (const auto& column : model->preprocessor->left_out())
      report.columns_left_out.emplace_back(column.name, column.reason);
  }
  return report;
}

void Result::print(bool json) const {
  if (json) {
    fmt::print("{}\n", to_json().dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  fmt::print("train  {}\n", to_text(train, model->task));
  if (valid) fmt::print("valid  {}\n", to_text(*valid, model->task));
  if (test) fmt::print("test   {}\n", to_text(*test, model->task));
  fmt::print("epoch {} of {} was best ({}), {:.2f} s\n", history.best_epoch, history.rows.size(),
             ending(history.ending), history.seconds);
  for (const health::Finding& f : history.findings)
    fmt::print("{}  {}\n", health::name(f.severity), health::to_string(f));
  for (const std::string& cure : history.cures) fmt::print("cure   {}\n", cure);
  fmt::print("model  {}\nreport {}/report.html\n", model_path, run_path);
}

}  // namespace relume::app
