#include "relume/train/train.h"

#include "relume/base/require.h"
#include "relume/data/text_columns.h"
#include "relume/train/evaluate.h"
#include "relume/train/run_report.h"

namespace relume {
namespace {

Run train_on(const data::Source& source, std::string name, const TrainOptions& options, const Callbacks& callbacks) {
  return training::run(training::make_job(source, options, std::move(name)), options,
                       {.out = options.out, .resume = options.resume, .checkpoint_every = options.checkpoint_every},
                       callbacks);
}

template <class Number>
Run train_on_rows(std::span<const Number> x, std::span<const Number> y, const TrainOptions& options,
                  const Callbacks& callbacks) {
  const std::int64_t rows = std::ssize(y);
  require<ShapeError>(rows > 0 && !x.empty() && std::ssize(x) % rows == 0,
                      "train: {} numbers are no rows for {} targets; give as many for each", x.size(), rows);
  const auto tensor = [](std::span<const Number> values, const Shape& shape) {
    return from_vector(std::vector<Number>(values.begin(), values.end()), shape);
  };
  return train(tensor(x, {rows, std::ssize(x) / rows}), tensor(y, {rows}), options, callbacks);
}

}  // namespace

Run train(std::string_view data, const TrainOptions& options, const Callbacks& callbacks) {
  return train_on(training::open_data(data, options), std::string(data), options, callbacks);
}

Run train(data::Table table, const TrainOptions& options, const Callbacks& callbacks) {
  data::read_numbers(table, options.csv);
  return train(data::Source(std::move(table)), options, callbacks);
}

Run train(const data::Source& source, const TrainOptions& options, const Callbacks& callbacks) {
  const std::string name = std::visit([](const auto& some) { return some.source; }, source);
  return train_on(source, name.empty() ? "the data" : name, options, callbacks);
}

Run train(const Tensor& x, const Tensor& y, const TrainOptions& options, const Callbacks& callbacks) {
  require<ShapeError>(x.dimensions() >= 1 && y.dimensions() >= 1 && x.size(0) == y.size(0),
                      "train: rows of {} and targets of {}; give one target for each row", x.shape(), y.shape());
  data::RawArrays raw;
  raw.x = x;
  raw.y = data::target_column(y, "train");
  raw.are_labels = !is_floating(y.dtype());
  raw.source = "the data";
  return train(data::to_source(std::move(raw)), options, callbacks);
}

Run train(std::span<const float> x, std::span<const float> y, const TrainOptions& options, const Callbacks& callbacks) {
  return train_on_rows(x, y, options, callbacks);
}

Run train(std::span<const double> x, std::span<const double> y, const TrainOptions& options,
          const Callbacks& callbacks) {
  return train_on_rows(x, y, options, callbacks);
}

Metrics evaluate(const Model& model, std::string_view data, const data::CsvOptions& csv) {
  const io::Trial trial = io::make_trial(model, data, csv);
  return training::evaluate(model, trial.dataset, trial.rows);
}

Metrics evaluate(const Model& model, data::Table table) {
  if (model.preprocessor) data::read_numbers(table, model.preprocessor->schema(true));
  const std::string name = table.source.empty() ? "the table" : table.source;
  const io::Trial trial = io::make_trial(model, std::move(table), name);
  return training::evaluate(model, trial.dataset, trial.rows);
}

Examination doctor(const Model& model, std::string_view data, const health::Thresholds& thresholds) {
  return training::examine(model, io::make_trial(model, data), thresholds);
}

std::vector<io::LayerFacts> inspect(const Model& model, std::string_view data) {
  if (data.empty()) return io::layer_facts(model);
  return io::layer_facts(model, io::unit_activity(model, io::make_trial(model, data)));
}

Comparison compare(std::string_view data, const std::vector<std::string>& activations, const TrainOptions& options,
                   std::int64_t seeds, const std::function<void(const training::ComparedRun&)>& on_run,
                   const std::atomic<bool>* stop) {
  const training::CompareOptions compared{.train = options, .activations = activations, .seeds = seeds};
  return training::compare(training::open_data(data, options), compared, on_run, stop);
}

training::LrFindResult find_lr(std::string_view data, const TrainOptions& options,
                               const training::LrFindOptions& range) {
  training::Job job = training::make_job(data, options);
  return training::find_lr(job, options, range);
}

std::string report(const std::vector<std::string>& folders) {
  require(!folders.empty(), "report: no folder; give those of runs");
  std::vector<plot::ReportData> reports;
  for (const std::string& folder : folders) {
    reports.push_back(training::open_report(folder));
    if (folders.size() > 1) reports.back().title = folder;
  }
  return reports.size() == 1 ? plot::report_html(reports[0]) : plot::comparison_html(reports);
}

}  // namespace relume
