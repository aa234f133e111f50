#include "apps/relume/result.h"

#include <fmt/core.h>

#include "apps/relume/print.h"

namespace relume::app {
std::string to_text(const training::Metrics& m, data::Task task) {
  if (task == data::Task::regression) return fmt::format("rmse {:.6g}  mae {:.6g}  r2 {:.4f}", m.rmse, m.mae, m.r2);
  return fmt::format("accuracy {:.4f}  f1_macro {:.4f}  {}loss {:.4f}", m.accuracy, m.f1_macro,
                     m.auc ? fmt::format("auc {:.4f}  ", *m.auc) : "", m.loss);
}

void print_json(const training::Run& run) { print("{}\n", run.json(health::Voice::command_line)); }

void print_text(const training::Run& run, bool quiet) {
  const data::Task task = run.model.task;
  print("train  {}\n", to_text(run.train, task));
  if (run.valid) print("valid  {}\n", to_text(*run.valid, task));
  if (run.test) print("test   {}\n", to_text(*run.test, task));
  print("epoch {} of {} was best ({}), {:.2f} s\n", run.history.best_epoch, run.history.rows.size(),
        training::to_text(run.history.ending), run.history.seconds);
  for (const health::Finding& f : run.findings())
    if (!quiet || !f.is_idle())
      print("{}  {}\n", health::name(f.severity), health::to_string(f, health::Voice::command_line));
  for (const std::string& cure : run.history.cures) print("cure   {}\n", cure);
  print("model  {0}/model.safetensors\nreport {0}/report.html\n", run.folder.string());
}

}  // namespace relume::app
