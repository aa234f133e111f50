#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/job_arguments.h"
#include "apps/relume/progress.h"
#include "apps/relume/result.h"
#include "apps/relume/run_events.h"
#include "apps/relume/say.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/optim/schedule.h"
#include "relume/optim/table.h"
#include "relume/train/run.h"

namespace relume::app {
namespace {

struct Arguments {
  JobArguments job;
  training::Options train;
  std::string schedule = "cosine", class_weights = "none", precision = "float32", on_dead = "report",
              on_explode = "stop";
  std::vector<std::string> thresholds;
  std::string out, resume;
  int threads = 0;
  bool json = false, quiet = false;
};

void settle(Arguments& a) {
  a.job.settle("train");
  a.train.schedule = a.schedule;
  a.train.on_dead = training::on_dead_from_name(a.on_dead);
  a.train.on_explode = training::on_explode_from_name(a.on_explode);
  a.train.precision = training::precision_from_name(a.precision);
  if (a.train.precision == kernels::MatmulPrecision::medium && !kernels::has_bf16_matmul())
    say("this machine does not multiply bfloat16 faster; training in float32");
  for (const std::string& text : a.thresholds) health::set_threshold(a.train.thresholds, text);
  a.train.balanced_classes = a.class_weights == "balanced";
  a.train.seed = a.job.options.seed;
  if (a.threads > 0) set_num_threads(a.threads);
}

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

void describe(const training::Job& job, const training::Options& o) {
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

void run(Arguments& a, const std::string& command) {
  settle(a);
  require<InputError>(a.out.empty() || !a.resume.empty() || !training::holds_run(a.out),
                      "train: {0} exists and holds a run; pass --resume {0} to go on with it or another --out", a.out);
  if (a.out.empty()) a.out = training::new_run_folder(a.job.options.data);
  Watch watch(a.quiet);
  const training::Run run = training::run(
      a.job.options, a.train,
      {.out = a.out, .resume = a.resume, .command = command, .voice = health::Voice::command_line}, watch.callbacks());
  watch.end(run);
  a.json ? print_json(run) : print_text(run, a.quiet);
  if (run.history.ending == training::Ending::interrupted) throw Exit{exit_interrupted};
  if (run.history.ending == training::Ending::not_finite && run.history.best_epoch == 0) throw Exit{exit_failed};
}

}  // namespace

void define_train(Command& command) {
  auto a = std::make_shared<Arguments>();
  a->job.add_to(command);
  command
      .option("--epochs", a->train.epochs,
              "passes over the training rows at most (about 20,000 steps, from 10 to 200 passes)")
      .number(at_least_one);
  command.option("--batch", a->train.batch_size, "rows a step (32; 64 from 2,000 training rows on, 128 from 20,000)")
      .number(at_least_one);
  command.option("--optimizer", a->train.optimizer, "how steps are made of gradients")
      .one_of(optim::optimizer_names())
      .with_default();
  command.option("--lr", a->train.lr, "learning rate (" + optim::usual_rates() + ")").number(above_zero);
  command.option("--momentum", a->train.momentum, "of sgd").number(not_below_zero).with_default();
  command.flag("--nesterov", a->train.nesterov, "Nesterov's momentum, for sgd");
  command
      .option("--weight-decay", a->train.weight_decay,
              "by which weights shrink, a step, times the rate (" + optim::usual_weight_decays() + ")")
      .number(not_below_zero);
  command.option("--schedule", a->schedule, "how the learning rate changes")
      .one_of(optim::schedule_names())
      .with_default();
  command.option("--warmup", a->train.warmup_steps, "steps over which the learning rate grows at first (none)")
      .number(not_below_zero);
  command.option("--clip", a->train.clip_norm, "largest norm of the gradient (no limit)").number(above_zero);
  command.option("--clip-value", a->train.clip_value, "largest element of the gradient (no limit)").number(above_zero);
  command
      .option("--clip-adaptive", a->train.clip_adaptive,
              "largest gradient of a unit, as a share of its weights' norm, such as 0.01 (no limit)")
      .number(above_zero);
  command
      .option("--patience", a->train.patience,
              "epochs without a better validation value before training stops (a quarter of --epochs, but 10 at least)")
      .number(at_least_one);
  command
      .option("--min-delta", a->train.min_delta,
              "by how much of itself the best value must be beaten to count as better (0)")
      .number(not_below_zero);
  command.option("--best-by", a->train.best_by, "what names the best epoch, on the validation rows")
      .one_of({"loss", "accuracy", "f1_macro", "auc", "rmse", "mae", "r2"})
      .with_default();
  command
      .option("--label-smoothing", a->train.label_smoothing, "probability that is spread evenly over the classes (0)")
      .between(0.0, 1.0);
  command.option("--class-weights", a->class_weights, "balanced: rare classes weigh as much as common ones")
      .one_of({"none", "balanced"})
      .with_default();
  command
      .option("--on-dead", a->on_dead,
              "what is done about a layer with dead units: report, revive or leaky from a tenth of it, stop from half")
      .one_of({"report", "revive", "leaky", "stop"})
      .with_default();
  command
      .option("--on-explode", a->on_explode,
              "what is done where the gradient explodes: clip or backoff go back to the best weights so far")
      .one_of({"clip", "backoff", "stop"})
      .with_default();
  command.option("--threshold", a->thresholds, "NAME=NUMBER, as often as needed: relume rules lists them").repeated();
  command
      .option("--precision", a->precision,
              "bf16: matrices are rounded to bfloat16 while they are multiplied; weights stay float32")
      .one_of({"float32", "bf16"})
      .with_default();
  command.option("--threads", a->threads, "threads to compute on (OMP_NUM_THREADS, or the processors that there are)")
      .number(at_least_one);
  command.option("--out", a->out, "folder of the run (runs/NAME)");
  command.option("--resume", a->resume, "go on with the run in this folder");
  command.flag("--json", a->json, "print the result as one JSON object, the last line of stdout");
  command.flag("--quiet", a->quiet, "no progress");
  command.run([a, command] { run(*a, command_to_repeat(command)); });
}

}  // namespace relume::app
