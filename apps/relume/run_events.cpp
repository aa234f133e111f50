#include "apps/relume/run_events.h"

#if RELUME_HAVE_EVENTS
#include <algorithm>

#include <fmt/format.h>

#include "apps/relume/say.h"
#include "relume/autograd/grad_mode.h"
#include "relume/data/batches.h"
#include "relume/health/unit_activity.h"
#include "relume/nn/architecture.h"
#include "relume/plot/events/event_file.h"
#include "relume/plot/events/png.h"
#include "relume/train/epoch_columns.h"
#include "relume/train/option_table.h"
#endif

namespace relume::app {

#if RELUME_HAVE_EVENTS

namespace {

std::vector<plot::HyperParameter> settings(const io::Model& model, const TrainOptions& options) {
  std::vector<plot::HyperParameter> all{{"network", nn::to_string(model.layers)}};
  for (const training::TrainOption& option : training::train_options()) {
    const training::OptionValue value = option.value(options);
    if (const auto* flag = std::get_if<bool>(&value))
      all.emplace_back(option.name, *flag);
    else if (const auto* whole = std::get_if<std::int64_t>(&value))
      all.emplace_back(option.name, static_cast<double>(*whole));
    else if (const auto* number = std::get_if<double>(&value))
      all.emplace_back(option.name, *number);
    else if (const std::string text = training::to_text(value); !text.empty() && option.name != "thresholds")
      all.emplace_back(option.name, text);
  }
  return all;
}

std::string line_of(const health::Finding& finding) {
  return fmt::format("**{}** {}", health::name(finding.severity), to_string(finding, health::Voice::command_line));
}

std::span<const float> values_of(const Tensor& tensor) {
  return {tensor.data<float>(), static_cast<std::size_t>(tensor.elements())};
}

// What a run pays for its histograms must not be seen in its time.
constexpr std::size_t activation_rows = 100;
constexpr std::int64_t most_histograms = 50, most_activations = 10;  // of a tag, about

/// The first rows that validate, or train where none do.
std::span<const std::int64_t> watched_rows(const data::Split& split) {
  const std::vector<std::int64_t>& rows = split.valid.empty() ? split.train : split.valid;
  return std::span(rows).first(std::min(rows.size(), activation_rows));
}

/// Layer by layer, past the hooks of those who count what the run itself computes.
template <class Visit>
void run_layers(nn::Sequential& network, Tensor x, const Visit& visit) {
  const NoGradGuard guard;
  const bool training = network.is_training();
  network.eval();
  for (std::size_t i = 0; i < network.size(); ++i) {
    x = network[i].forward(x);
    visit(network[i], x);
  }
  network.train(training);
}

}  // namespace

struct RunEvents::State {
  plot::EventFile file;
  training::Job job;                                             // shares the network
  std::int64_t histogram_interval = 1, activation_interval = 1;  // epochs
  std::int64_t epoch = 0;

  bool is_due(std::int64_t interval) const { return epoch == 1 || epoch % interval == 0; }
  void write_weights();
  void write_activations();
  void write_images(const std::vector<plot::Example>& worst, std::int64_t step);
};

void RunEvents::State::write_weights() {
  for (const auto& [name, parameter] : job.model.network->named_parameters()) {
    file.histogram("weights/" + name, values_of(parameter.contiguous()), epoch);
    if (const Tensor gradient = parameter.grad(); gradient.defined())
      file.histogram("gradients/" + name, values_of(gradient.contiguous()), epoch);
  }
}

void RunEvents::State::write_activations() {
  const auto rows = watched_rows(job.split);
  const data::Batch batch = data::gather(job.dataset, rows);
  const auto named = health::named_activations(*job.model.network);
  run_layers(*job.model.network, batch.x, [&](const nn::Module& layer, const Tensor& y) {
    for (const auto& [name, activation] : named)
      if (activation == &layer) file.histogram("activations/" + name, values_of(y.contiguous()), epoch);
  });
}

/// Those of the worst rows that are images and no answer is right about.
void RunEvents::State::write_images(const std::vector<plot::Example>& worst, std::int64_t step) {
  int number = 0;
  for (const plot::Example& example : worst) {
    if (example.width == 0 || example.prediction.starts_with(example.truth + " (")) continue;
    const auto width = static_cast<std::int32_t>(example.width), height = static_cast<std::int32_t>(example.height);
    const std::string png = plot::grey_png(example.pixels, width, height);
    if (png.empty()) return;
    file.image(fmt::format("misclassified/{:02}", ++number),
               fmt::format("{}: {}, taken for {}", example.row, example.truth, example.prediction), png, width, height,
               step);
  }
}

/// What TensorBoard shows is not the run's result: where its file cannot be written the run goes on without it.
template <class Work>
void RunEvents::attempt(const Work& work) {
  try {
    work();
  } catch (const FileError& error) {
    say("{}; the run goes on without TensorBoard's file", error.what());
    state_.reset();
  }
}

RunEvents::RunEvents(const std::filesystem::path& folder, const training::Job& job, const TrainOptions& options) {
  attempt([&] {
    state_.reset(new State{.file = plot::EventFile(folder),
                           .job = job,
                           .histogram_interval = std::max<std::int64_t>(1, options.epochs / most_histograms),
                           .activation_interval = std::max<std::int64_t>(1, options.epochs / most_activations)});
    state_->file.hyper_parameters(settings(job.model, options),
                                  {fmt::format("valid/{}", training::main_metric(job.model.task)), "loss/valid"});
  });
}

RunEvents::~RunEvents() = default;

void RunEvents::write(const training::EpochRow& row) {
  if (!state_) return;
  attempt([&] {
    state_->epoch = row.epoch;
    for (const auto& [tag, value] : training::curves(row, state_->job.model.task))
      state_->file.scalar(tag, value, row.epoch);
    if (state_->is_due(state_->histogram_interval)) state_->write_weights();
    if (state_->is_due(state_->activation_interval)) state_->write_activations();
  });
}

void RunEvents::write(const health::Finding& finding) {
  if (state_) attempt([&] { state_->file.text("health/findings", line_of(finding), finding.step); });
}

void RunEvents::write_cure(const std::string& cure) {
  if (state_) attempt([&] { state_->file.text("health/cures", cure, state_->epoch); });
}

void RunEvents::end(const training::Run& result) {
  if (!state_) return;
  std::string all;
  for (const health::Finding& finding : result.history.findings) all += "- " + line_of(finding) + "\n";
  attempt([&] {
    state_->file.text("health/summary", all.empty() ? "nothing was found" : all, state_->epoch);
    if (state_->job.model.task == data::Task::classification)
      state_->write_images(result.held_out.worst, result.history.best_epoch);
    state_->file.end(result.history.ending != training::Ending::not_finite);
  });
}

#else

struct RunEvents::State {};
RunEvents::RunEvents(const std::filesystem::path&, const training::Job&, const TrainOptions&) {}
RunEvents::~RunEvents() = default;
void RunEvents::write(const training::EpochRow&) {}
void RunEvents::write(const health::Finding&) {}
void RunEvents::write_cure(const std::string&) {}
void RunEvents::end(const training::Run&) {}

#endif

}  // namespace relume::app
