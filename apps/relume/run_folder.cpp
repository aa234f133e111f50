#include "apps/relume/run_folder.h"

#include <unistd.h>

#include "apps/relume/report_json.h"
#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/safetensors.h"

namespace relume::app {
namespace {

namespace fs = std::filesystem;

bool holds_run(const fs::path& folder) {
  return fs::exists(folder / "model.safetensors") || fs::exists(folder / "checkpoint" / "checkpoint.safetensors") ||
         fs::exists(folder / "metrics.csv");
}

/// "mnist" for ../data/mnist/, "titanic" for titanic.csv.gz, "spirals" for builtin:spirals.
std::string name_of(std::string data) {
  if (data.starts_with("builtin:")) return data.substr(8);
  while (data.size() > 1 && data.back() == '/') data.pop_back();
  const std::string file = fs::path(data).filename().string();
  const std::string stem = file.substr(0, file.find('.', 1));
  return stem.empty() || stem == "." || stem == ".." ? "run" : stem;
}

}  // namespace

RunFolder RunFolder::create(const std::string& out, const std::string& data) {
  fs::path path = out;
  if (out.empty()) {
    const std::string name = name_of(data);
    path = fs::path("runs") / name;
    for (int i = 2; fs::exists(path); ++i) path = fs::path("runs") / fmt::format("{}-{}", name, i);
  }
  require<InputError>(!holds_run(path),
                      "train: {} exists and holds a run; pass --resume {} to go on with it or another --out",
                      path.string(), path.string());
  std::error_code error;
  fs::create_directories(path, error);
  const std::string reason = error ? error.message() : !fs::is_directory(path) ? "not a folder" : "";
  require<FileError>(reason.empty(), "train: {}: {}; give another folder with --out", path.string(), reason);
  require<FileError>(::access(path.c_str(), W_OK | X_OK) == 0,
                     "train: {} cannot be written to; give another folder with --out", path.string());
  return RunFolder(path);
}

RunFolder RunFolder::open(const std::string& folder) {
  RunFolder run{fs::path(folder)};
  require<InputError>(fs::exists(run.checkpoint_path()), "train: {} holds no checkpoint to go on from", folder);
  return run;
}

plot::ReportData RunFolder::open_report(const std::string& folder) {
  const fs::path file = fs::path(folder) / "report.json";
  require<InputError>(fs::exists(file),
                      "report: {} holds no report.json, which a run leaves when it ends; give the folder "
                      "of a run",
                      folder);
  return report_from_json(read_file(file), file.string());
}

io::Checkpoint RunFolder::load_checkpoint() const { return io::load_checkpoint(checkpoint_path()); }

void RunFolder::save_checkpoint(const training::Trainer& trainer) {
  std::error_code ignored;  // the file that follows says what is wrong
  fs::create_directories(path_ / "checkpoint", ignored);
  io::save_checkpoint(checkpoint_path(), trainer.checkpoint());
  saved_ = std::chrono::steady_clock::now();
}

void RunFolder::save_checkpoint_at_times(const training::Trainer& trainer) {
  if (std::chrono::steady_clock::now() - saved_ >= std::chrono::seconds(10)) save_checkpoint(trainer);
}

void RunFolder::write_metrics(const training::History& history, data::Task task) const {
  const bool classes = task == data::Task::classification;
  std::string text =
      fmt::format("epoch,train_loss,valid_loss,{},lr,grad_norm,update_ratio,dead_share,seconds,findings\n",
                  classes ? "valid_accuracy,valid_f1_macro" : "valid_rmse,valid_mae,valid_r2");
  for (const training::EpochRow& row : history.rows) {
    const training::Metrics& v = row.valid;
    const std::string metrics = v.rows == 0 ? (classes ? "," : ",,")
                                : classes   ? fmt::format("{},{}", v.accuracy, v.f1_macro)
                                            : fmt::format("{},{},{}", v.rmse, v.mae, v.r2);
    text += fmt::format("{},{},{},{},{},{},{},{},{:.3f},{}\n", row.epoch, row.train_loss,
                        v.rows ? fmt::format("{}", v.loss) : "", metrics, row.lr, row.grad_norm, row.update_ratio,
                        row.dead_share, row.seconds, row.findings);
  }
  write_file(path_ / "metrics.csv", text);
}

void RunFolder::write(const io::Model& model, const training::Trainer& trainer, Result& result) {
  result.run_path = path_.string();
  result.model_path = (path_ / "model.safetensors").string();
  model.save(result.model_path);
  io::SafeTensors last;
  last.tensors = trainer.last_weights();
  last.metadata["format"] = "pt";
  io::save_safetensors(path_ / "last.safetensors", last);
  write_metrics(result.history, model.task);
  const plot::ReportData report = training::to_report(result, health::Voice::command_line);
  write_file(path_ / "report.json", to_json(report));
  plot::write_report(path_ / "report.html", report);
}

}  // namespace relume::app
