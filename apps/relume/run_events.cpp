#include "apps/relume/run_events.h"

#if RELUME_HAVE_EVENTS
#include <fmt/format.h>

#include "relume/nn/architecture.h"
#include "relume/plot/events/event_file.h"
#endif

namespace relume::app {

#if RELUME_HAVE_EVENTS

namespace {

using Curves = std::vector<std::pair<std::string, double>>;

/// The rows of metrics.csv, grouped as TensorBoard groups tags.
Curves curves_of(const train::EpochRow& row, data::Task task) {
  Curves curves{{"loss/train", row.train_loss},
                {"training/learning_rate", row.lr},
                {"training/gradient_norm", row.grad_norm},
                {"training/update_ratio", row.update_ratio},
                {"health/dead_share", row.dead_share}};
  if (row.valid.rows == 0) return curves;
  curves.emplace_back("loss/valid", row.valid.loss);
  if (task == data::Task::classification) {
    curves.emplace_back("valid/accuracy", row.valid.accuracy);
    curves.emplace_back("valid/f1_macro", row.valid.f1_macro);
  } else {
    curves.emplace_back("valid/rmse", row.valid.rmse);
    curves.emplace_back("valid/mae", row.valid.mae);
    curves.emplace_back("valid/r2", row.valid.r2);
  }
  return curves;
}

std::vector<plot::HyperParameter> settings(const io::Model& model, const train::Options& options) {
  return {{"layers", nn::to_string(model.layers)},
          {"optimizer", options.optimizer},
          {"lr", options.lr},
          {"batch_size", static_cast<double>(options.batch_size)},
          {"epochs", static_cast<double>(options.epochs)},
          {"weight_decay", options.weight_decay},
          {"clip_norm", options.clip_norm},
          {"patience", static_cast<double>(options.patience)},
          {"balanced_classes", options.balanced_classes},
          {"seed", static_cast<double>(options.seed)}};
}

std::string line_of(const health::Finding& finding) {
  return fmt::format("**{}** {}", health::name(finding.severity), to_string(finding));
}

std::span<const float> values_of(const Tensor& tensor) {
  return {tensor.data<float>(), static_cast<std::size_t>(tensor.elements())};
}

}  // namespace

struct RunEvents::State {
  plot::EventFile file;
  const io::Model& model;
  std::int64_t histogram_interval = 1;  // epochs: a long run keeps about fifty
  std::int64_t epoch = 0;
};

RunEvents::RunEvents(const std::filesystem::path& folder, const io::Model& model, const train::Options& options)
    : state_(new State{plot::EventFile(folder), model, std::max<std::int64_t>(1, options.epochs / 50)}) {
  const bool classes = model.task == data::Task::classification;
  state_->file.hyper_parameters(settings(model, options), {classes ? "valid/accuracy" : "valid/rmse", "loss/valid"});
}

RunEvents::~RunEvents() = default;

void RunEvents::write(const train::EpochRow& row) {
  state_->epoch = row.epoch;
  for (const auto& [tag, value] : curves_of(row, state_->model.task)) state_->file.scalar(tag, value, row.epoch);
  if (row.epoch % state_->histogram_interval != 0 && row.epoch != 1) return;
  for (const auto& [name, parameter] : state_->model.network->named_parameters()) {
    state_->file.histogram("weights/" + name, values_of(parameter.contiguous()), row.epoch);
    if (const Tensor gradient = parameter.grad(); gradient.defined())
      state_->file.histogram("gradients/" + name, values_of(gradient.contiguous()), row.epoch);
  }
}

void RunEvents::write(const health::Finding& finding) {
  state_->file.text("health/findings", line_of(finding), finding.step);
}

void RunEvents::write_cure(const std::string& cure) { state_->file.text("health/cures", cure, state_->epoch); }

void RunEvents::end(const train::History& history) {
  std::string all;
  for (const health::Finding& finding : history.findings) all += "- " + line_of(finding) + "\n";
  state_->file.text("health/summary", all.empty() ? "nothing was found" : all, state_->epoch);
  state_->file.end(history.ending != train::Ending::not_finite);
}

#else

struct RunEvents::State {};
RunEvents::RunEvents(const std::filesystem::path&, const io::Model&, const train::Options&) {}
RunEvents::~RunEvents() = default;
void RunEvents::write(const train::EpochRow&) {}
void RunEvents::write(const health::Finding&) {}
void RunEvents::write_cure(const std::string&) {}
void RunEvents::end(const train::History&) {}

#endif

}  // namespace relume::app
