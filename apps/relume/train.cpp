#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/progress.h"
#include "apps/relume/result.h"
#include "apps/relume/run_events.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/train/option_table.h"
#include "relume/train/run.h"

namespace relume::app {
namespace {

struct TrainCommandArguments {
  std::string data;
  TrainOptions train;
  int threads = 0;
  bool json = false, quiet = false;
};

/// "target ocean_proximity: text, 5 classes: <1H OCEAN, INLAND, …", and how to have it otherwise.
std::string describe_target(const data::Target& target) {
  const bool text = target.kind() == data::ColumnKind::text;
  if (target.task() == data::Task::regression)
    return fmt::format("target {}: numbers, a regression (--task classification makes classes of them)",
                       target.column());
  constexpr std::size_t most = 8;
  std::string labels;
  for (std::size_t i = 0; i < std::min(target.labels().size(), most); ++i)
    labels += (labels.empty() ? "" : ", ") + target.labels()[i];
  if (target.labels().size() > most) labels += ", …";
  return fmt::format("target {}: {}, {} classes: {}{}", target.column(), text ? "text" : "numbers", target.classes(),
                     labels, text ? "; another column: --target" : " (--task regression predicts them as numbers)");
}

void describe(const training::Job& job, const TrainOptions& o) {
  if (job.model.preprocessor) say("{}", describe_target(job.model.preprocessor->target()));
  if (job.model.preprocessor)
    for (const auto& [name, reason] : job.model.preprocessor->left_out()) say("left out {}: {}", name, reason);
  say("{}: {} features, {}, {} rows to train, {} to validate, {} to test", job.source, job.model.features,
      job.model.task == data::Task::classification ? fmt::format("{} classes", job.model.outputs) : "regression",
      job.split.train.size(), job.split.valid.size(), job.split.test.size());
  say("network {} linear({}): {} parameters; {} lr {:g}, batch {}, at most {} epochs", nn::to_string(job.model.layers),
      job.model.outputs, job.model.network->parameter_count(), o.optimizer, o.lr, o.batch_size, o.epochs);
}

/// Tells the terminal and TensorBoard of a run while it goes on.
class Watch {
 public:
  explicit Watch(bool quiet) : quiet_(quiet) {}

  training::Callbacks callbacks() {
    return {.on_begin = [this](const training::Beginning& run) { begin(run); },
            .on_step = [this](const training::Progress& progress) { display_->show(progress); },
            .on_epoch =
                [this](const training::EpochRow& row) {
                  display_->show(row, epochs_);
                  events_->write(row);
                },
            .on_finding =
                [this](const health::Finding& finding) {
                  display_->show(finding);
                  events_->write(finding);
                },
            .on_cure =
                [this](const std::string& cure) {
                  display_->show(cure);
                  events_->write_cure(cure);
                },
            .stop = &interrupted};
  }

  void end(const training::Run& run) {
    display_->finish();
    events_->end(run);
  }

 private:
  void begin(const training::Beginning& run) {
    for (const std::string& note : run.job.notes) say("{}", note);
    if (!quiet_) describe(run.job, run.options);
    epochs_ = run.options.epochs;
    display_.emplace(run.job.model.task, quiet_);
    events_ = std::make_unique<RunEvents>(run.folder, run.job, run.options);
    catch_interrupts();
  }

  bool quiet_;
  std::int64_t epochs_ = 0;
  std::optional<ProgressDisplay> display_;
  std::unique_ptr<RunEvents> events_;
};

/// A word as a shell takes it.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || std::strchr("_./:=,@%+-", c);
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

/// The command line without what says where results go.
std::string command_to_repeat(const Command& command) {
  std::string text = "relume train";
  for (const Given& option : command.given()) {
    if (option.name == "out" || option.name == "resume" || option.name == "json" || option.name == "quiet") continue;
    const std::string option_word = option.name.empty() ? "" : " --" + option.name;
    if (option.is_flag) text += option_word;
    if (!option.is_flag)
      for (const std::string& value : option.words) text += option_word + " " + shell_word(value);
  }
  return text;
}

void run(TrainCommandArguments& a, const std::string& command) {
  TrainOptions& o = a.train;
  if (o.precision == kernels::MatmulPrecision::medium && !kernels::has_bf16_matmul())
    say("this machine does not multiply bfloat16 faster; training in float32");
  if (a.threads > 0) set_num_threads(a.threads);
  require<InputError>(o.out.empty() || o.resume.empty(),
                      "train: --out is for a new run, and --resume goes on in its own folder; give one of them");
  require<InputError>(o.out.empty() || !training::holds_run(o.out),
                      "train: {0} exists and holds a run; pass --resume {0} to go on with it or another --out", o.out);
  Watch watch(a.quiet);
  const training::Run run = training::run(training::make_job(a.data, o), o,
                                          {.out = o.out,
                                           .resume = o.resume,
                                           .data = a.data,
                                           .checkpoint_every = o.checkpoint_every,
                                           .command = command,
                                           .voice = health::Voice::command_line},
                                          watch.callbacks());
  watch.end(run);
  a.json ? print_json(run) : print_text(run, a.quiet);
  if (run.history.ending == training::Ending::interrupted) throw Exit{exit_interrupted};
  if (run.history.ending == training::Ending::not_finite && run.history.best_epoch == 0) throw Exit{exit_failed};
}

}  // namespace

void define_train(Command& command) {
  auto a = std::make_shared<TrainCommandArguments>();
  add_data(command, a->data);
  add_train_options(command, a->train, names_of_task());
  add_train_options(command, a->train, names_of_training());
  command.option("--threads", a->threads, "threads to compute on (OMP_NUM_THREADS, or the processors that there are)")
      .number(training::at_least_one);
  command.option("--out", a->train.out, "folder of the run (runs/NAME)");
  command.option("--resume", a->train.resume, "go on with the run in this folder");
  command.option(
      "--checkpoint-every",
      [a](const std::vector<std::string>& texts) {
        try {
          a->train.checkpoint_every = texts.front();
        } catch (const ValueError& error) {
          throw InputError(fmt::format("train: --checkpoint-every: {}", error.what()));
        }
      },
      "steps (500) or time (10m, 90s, 1h) after which the run is kept (after epochs, ten seconds apart at least, and "
      "after ten minutes within one)");
  command.flag("--json", a->json, "print the result as one JSON object, the last line of stdout");
  command.flag("--quiet", a->quiet, "no progress");
  command.run([a, command] { run(*a, command_to_repeat(command)); });
}

}  // namespace relume::app
