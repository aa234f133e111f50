#include "relume/train/run_folder.h"

#include <unistd.h>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/safetensors.h"
#include "relume/plot/report_json.h"
#include "relume/train/epoch_columns.h"
#include "relume/train/run_report.h"

namespace relume::training {
namespace {

namespace fs = std::filesystem;

/// "mnist" for ../data/mnist/, "titanic" for titanic.csv.gz, "spirals" for builtin:spirals.
std::string name_of(std::string data) {
  if (data.starts_with("builtin:")) return data.substr(8);
  while (data.size() > 1 && data.back() == '/') data.pop_back();
  const std::string file = fs::path(data).filename().string();
  const std::string stem = file.substr(0, file.find('.', 1));
  return stem.empty() || stem == "." || stem == ".." ? "run" : stem;
}

}  // namespace

bool holds_run(const fs::path& folder) {
  return fs::exists(folder / "model.safetensors") || fs::exists(folder / "checkpoint" / "checkpoint.safetensors") ||
         fs::exists(folder / "metrics.csv");
}

void check_free(const fs::path& path) {
  require<InputError>(!holds_run(path), "train: {} exists and holds a run; resume that one or give another folder",
                      path.string());
}

RunFolder RunFolder::create_for(const std::string& data) {
  const std::string name = name_of(data);
  fs::path path = fs::path("runs") / name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  // Who makes a folder has it: of several that begin at once each gets one of its own.
  for (int i = 2; !error && !fs::create_directory(path, error) && !error; ++i)
    path = fs::path("runs") / fmt::format("{}-{}", name, i);
  return create(path);  // which says what is wrong with it
}

RunFolder RunFolder::create(const fs::path& path) {
  check_free(path);
  std::error_code error;
  fs::create_directories(path, error);
  const std::string reason = error ? error.message() : !fs::is_directory(path) ? "not a folder" : "";
  require<FileError>(reason.empty(), "train: {}: {}; give another folder", path.string(), reason);
  require<FileError>(::access(path.c_str(), W_OK | X_OK) == 0, "train: {} cannot be written to; give another folder",
                     path.string());
  RunFolder run{path};
  run.lock();
  check_free(path);  // one that was quicker may have ended meanwhile
  return run;
}

void RunFolder::lock() {
  std::error_code ignored;  // the lock says what is wrong
  fs::create_directories(path_ / "checkpoint", ignored);
  lock_ = FileLock(path_ / "checkpoint" / "lock");
  require<InputError>(lock_.held(), "train: another program trains in {}; wait for its end or give another folder",
                      path_.string());
}

RunFolder RunFolder::open(const fs::path& folder) {
  RunFolder run{folder};
  require<InputError>(fs::exists(run.checkpoint_path()) || fs::exists(run.previous_path()),
                      "train: {} holds no checkpoint to go on from", folder.string());
  run.lock();
  return run;
}

plot::ReportData open_report(const fs::path& folder) {
  const fs::path file = folder / "report.json";
  require<InputError>(fs::exists(file),
                      "report: {} holds no report.json, which a run leaves when it ends; give the folder "
                      "of a run",
                      folder.string());
  return plot::report_from_json(read_file(file), file.string());
}

io::Checkpoint RunFolder::load_checkpoint(std::vector<std::string>& notes) const {
  std::string reason = fmt::format("{} is missing", checkpoint_path().string());
  try {
    if (fs::exists(checkpoint_path())) return io::load_checkpoint(checkpoint_path());
  } catch (const Error& error) {
    if (!fs::exists(previous_path())) throw;
    reason = error.what();
  }
  io::Checkpoint previous = io::load_checkpoint(previous_path());
  notes.push_back(fmt::format("{}; the run goes on from the checkpoint before it", reason));
  return previous;
}

void RunFolder::save_checkpoint(const Trainer& trainer) {
  std::error_code ignored;  // the file that follows says what is wrong
  // A second name for the last one, so that there is a whole one at every moment; where the file system has no such
  // names, the new one alone replaces it.
  const fs::path second = path_ / "checkpoint" / "previous.part";
  fs::remove(second, ignored);
  fs::create_hard_link(checkpoint_path(), second, ignored);
  if (!ignored) fs::rename(second, previous_path(), ignored);
  io::save_checkpoint(checkpoint_path(), trainer.checkpoint());
  saved_ = std::chrono::steady_clock::now();
  steps_ = 0;
}

void RunFolder::save_checkpoint_after(const Trainer& trainer, const Interval& usual) {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - saved_;
  if ((checkpoint_every.given() ? checkpoint_every : usual).is_over(steps_, since.count())) save_checkpoint(trainer);
}

void RunFolder::after_step(const Trainer& trainer) {
  ++steps_;
  save_checkpoint_after(trainer, std::chrono::minutes(10));
}

// A sync costs more than many an epoch.
void RunFolder::after_epoch(const Trainer& trainer) { save_checkpoint_after(trainer, std::chrono::seconds(10)); }

void RunFolder::write(const Trainer& trainer, const Run& run, health::Voice voice) {
  run.model.save(path_ / "model.safetensors");
  io::SafeTensors last;
  last.tensors = trainer.last_weights();
  last.metadata["format"] = "pt";
  io::save_safetensors(path_ / "last.safetensors", last);
  write_file(path_ / "metrics.csv", to_csv(run.history.rows, run.model.task));
  const plot::ReportData report = to_report(run, voice);
  write_file(path_ / "report.json", plot::to_json(report));
  plot::write_report(path_ / "report.html", report);
}

}  // namespace relume::training
