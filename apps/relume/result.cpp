#include "apps/relume/result.h"

#include <fmt/core.h>

namespace relume::app {
namespace {

using Json = nlohmann::ordered_json;

bool is_classification(const Result& result) { return result.model->task == data::Task::classification; }

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
                    {"remedy", health::to_string(f.remedy, health::Voice::command_line)}});
  }
  return list;
}

Json to_json(const training::Metrics& m, data::Task task) {
  if (task == data::Task::regression) return {{"loss", m.loss}, {"rmse", m.rmse}, {"mae", m.mae}, {"r2", m.r2}};
  Json j = {{"loss", m.loss}, {"accuracy", m.accuracy}, {"f1_macro", m.f1_macro}};
  if (m.auc) j["auc"] = *m.auc;
  return j;
}

std::string to_text(const training::Metrics& m, data::Task task) {
  if (task == data::Task::regression) return fmt::format("rmse {:.6g}  mae {:.6g}  r2 {:.4f}", m.rmse, m.mae, m.r2);
  return fmt::format("accuracy {:.4f}  f1_macro {:.4f}  {}loss {:.4f}", m.accuracy, m.f1_macro,
                     m.auc ? fmt::format("auc {:.4f}  ", *m.auc) : "", m.loss);
}

Json Result::to_json() const {
  const auto optional = [&](const std::optional<training::Metrics>& m) {
    return m ? app::to_json(*m, model->task) : Json();
  };
  Json target, used = Json::array(), left_out = Json::object();
  if (model->preprocessor) {
    target = {{"column", model->preprocessor->target().column()},
              {"kind", model->preprocessor->target().kind() == data::ColumnKind::text ? "text" : "number"}};
    for (const auto& column : model->preprocessor->used()) used.push_back(column.name);
    for (const auto& column : model->preprocessor->left_out()) left_out[column.name] = column.reason;
  }
  return {
      {"task", data::name(model->task)},
      {"metric", is_classification(*this) ? "accuracy" : "rmse"},
      {"train", app::to_json(train, model->task)},
      {"valid", optional(valid)},
      {"test", optional(test)},
      {"epochs", history.rows.size()},
      {"best_epoch", history.best_epoch},
      {"ending", training::to_text(history.ending)},
      {"seconds", history.seconds},
      {"seed", options.seed},
      {"precision", training::name(kernels::has_bf16_matmul() ? options.precision : kernels::MatmulPrecision::highest)},
      {"model", model_path},
      {"run", run_path},
      {"target", target},
      {"columns", {{"used", used}, {"left_out", left_out}}},
      {"dropped_rows", dropped_rows},
      {"notes", notes},
      {"findings", app::to_json(history.findings)},
      {"cures", history.cures}};
}

void Result::print(bool json, bool quiet) const {
  if (json) {
    fmt::print("{}\n", to_json().dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  fmt::print("train  {}\n", to_text(train, model->task));
  if (valid) fmt::print("valid  {}\n", to_text(*valid, model->task));
  if (test) fmt::print("test   {}\n", to_text(*test, model->task));
  fmt::print("epoch {} of {} was best ({}), {:.2f} s\n", history.best_epoch, history.rows.size(),
             training::to_text(history.ending), history.seconds);
  for (const health::Finding& f : history.findings)
    if (!quiet || !f.is_idle())
      fmt::print("{}  {}\n", health::name(f.severity), health::to_string(f, health::Voice::command_line));
  for (const std::string& cure : history.cures) fmt::print("cure   {}\n", cure);
  fmt::print("model  {}\nreport {}/report.html\n", model_path, run_path);
}

}  // namespace relume::app
