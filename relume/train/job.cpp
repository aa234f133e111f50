#include "relume/train/job.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/join.h"

namespace relume::train {
namespace {

/// --valid and --test: a share of the rows, or a file of their own.
struct Part {
  double share = 0;
  std::string file;
};

Part part(const std::string& text, double otherwise, const char* option) {
  if (text.empty()) return {otherwise, {}};
  double share = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || stop != text.data() + text.size()) return {0, text};
  require<InputError>(std::isfinite(share) && share >= 0, "train: {} {} is neither a share of the rows nor a file",
                      option, text);
  return {share, {}};
}

/// A fifth of a small table, less of a large one: 10,000 rows tell enough.
double usual_valid_share(std::int64_t rows) { return std::clamp(10000.0 / static_cast<double>(rows), 0.1, 0.2); }

std::vector<std::int64_t> count_from(std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

/// Puts more rows behind a dataset's and returns their numbers.
std::vector<std::int64_t> append(data::Dataset& dataset, const Tensor& features, const Tensor& targets) {
  const std::int64_t begin = dataset.rows();
  dataset.features = cat({dataset.features, features});
  dataset.targets = cat({dataset.targets, targets});
  return count_from(begin, dataset.rows());
}

std::vector<std::int64_t> append_file(Job& job, const data::Preprocessor& preprocessor, const std::string& file,
                                      const data::CsvOptions& csv) {
  const data::Table table = data::read_table(file, preprocessor.schema(true), csv);
  const std::vector<std::int64_t> rows = preprocessor.target().rows(table);
  require<InputError>(!rows.empty(), "train: {} has no row with a target", file);
  job.notes.insert(job.notes.end(), table.notes.begin(), table.notes.end());
  return append(job.dataset, preprocessor.transform(table, rows), preprocessor.target().encode(table, rows));
}

Job from_table(const data::Table& table, const JobOptions& options) {
  const Part valid = part(options.valid, usual_valid_share(table.rows()), "--valid"),
             test = part(options.test, 0, "--test");
  data::PrepareOptions prepare{
      .target = options.target, .task = options.task, .use = options.use, .drop = options.drop};
  prepare.split = {.valid = valid.share, .test = test.share, .seed = options.seed};
  data::Prepared prepared = data::prepare(table, prepare);
  Job job;
  job.dataset = std::move(prepared.dataset);
  job.split = std::move(prepared.split);
  job.dropped_rows = prepared.dropped_rows;
  job.notes = table.notes;
  if (job.dropped_rows > 0)
    job.notes.push_back(fmt::format("{} rows have no target and were dropped", job.dropped_rows));
  if (!valid.file.empty()) job.split.valid = append_file(job, prepared.preprocessor, valid.file, options.csv);
  if (!test.file.empty()) job.split.test = append_file(job, prepared.preprocessor, test.file, options.csv);
  const data::Target& target = prepared.preprocessor.target();
  job.model.task = target.task();
  job.model.labels = target.labels();
  job.model.target_mean = target.mean();
  job.model.target_scale = target.scale();
  job.model.features = prepared.preprocessor.features();
  job.model.preprocessor = std::move(prepared.preprocessor);
  return job;
}

/// Takes mean and deviation off the targets, as the training rows have them.
void standardise(Job& job) {
  double mean = 0, squares = 0;
  const auto n = static_cast<double>(job.split.train.size());
  const float* y = job.dataset.targets.data<float>();
  for (const std::int64_t row : job.split.train) mean += static_cast<double>(y[row]) / n;
  for (const std::int64_t row : job.split.train) squares += std::pow(static_cast<double>(y[row]) - mean, 2) / n;
  job.model.target_mean = mean;
  job.model.target_scale = squares > 0 ? std::sqrt(squares) : 1;
  Tensor scaled = empty(job.dataset.targets.shape());
  for (std::int64_t i = 0; i < scaled.elements(); ++i)
    scaled.data<float>()[i] = static_cast<float>((static_cast<double>(y[i]) - mean) / job.model.target_scale);
  job.dataset.targets = scaled;
}

/// Two hidden layers; for tables, which are small and noisy, with a little dropout.
std::vector<nn::LayerSpec> usual_layers(bool table, const std::string& activation) {
  return nn::mlp({256, 128}, activation + (table ? " dropout(0.1)" : ""));
}

Tensor as_rows(const Tensor& x) { return x.reshape({x.size(0), -1}); }

Job from_arrays(const data::Arrays& arrays, const JobOptions& options) {
  require<InputError>(arrays.y.defined(), "train: {} holds no targets; put them into it as \"y\"", arrays.source);
  data::check_finite(arrays);
  const Part valid = part(options.valid, usual_valid_share(arrays.x.size(0)), "--valid"),
             test = part(options.test, 0, "--test");
  require<InputError>(valid.file.empty() && test.file.empty(),
                      "train: --valid and --test take a share of the rows with {}, not a file", arrays.source);
  require<InputError>(options.use.empty() && options.drop.empty(),
                      "train: {} is no table; columns to use or to drop are a table's", arrays.source);
  Job job;
  job.dataset = {as_rows(arrays.x), arrays.y, {}};
  const std::vector<std::int64_t> rows = count_from(0, job.dataset.rows());
  job.split = data::split_rows(rows, arrays.y, {.valid = valid.share, .test = test.share, .seed = options.seed});
  if (arrays.x_test.defined() && options.test.empty())
    job.split.test = append(job.dataset, as_rows(arrays.x_test), arrays.y_test);
  job.dataset.scale = data::fit_input_scale(job.dataset.features, job.split.train);
  job.model.task = arrays.labels.empty() ? data::Task::regression : data::Task::classification;
  require<InputError>(!options.task || *options.task == job.model.task, "train: the targets of {} ask for {}",
                      arrays.source, data::name(job.model.task));
  job.model.labels = arrays.labels;
  job.model.features = job.dataset.features.size(1);
  job.model.scale = job.dataset.scale;
  job.model.input_shape = Shape(std::span(arrays.x.shape().begin() + 1, arrays.x.shape().end()));
  if (job.model.task == data::Task::regression) standardise(job);
  return job;
}

}  // namespace

Job make_job(const JobOptions& options) {
  data::OpenOptions open;
  open.seed = options.seed;
  open.csv = options.csv;
  return make_job(data::open_data(options.data, open), options);
}

Job make_job(const data::Source& source, const JobOptions& options) {
  const bool table = std::holds_alternative<data::Table>(source);
  Job job =
      table ? from_table(std::get<data::Table>(source), options) : from_arrays(std::get<data::Arrays>(source), options);
  job.source = options.data;
  require<InputError>(job.model.task == data::Task::regression || job.model.labels.size() > 1,
                      "train: {} holds one class only; there is nothing to tell apart", options.data);
  job.model.outputs =
      job.model.task == data::Task::classification ? static_cast<std::int64_t>(job.model.labels.size()) : 1;
  job.model.layers =
      options.layers.empty() ? usual_layers(table, options.activation) : nn::parse_architecture(options.layers);
  Rng rng = Rng(options.seed).fork(1);
  job.model.build(rng);
  manual_seed(options.seed);
  return job;
}

Trial make_trial(const io::Model& model, std::string_view what, const data::CsvOptions& csv) {
  Trial trial;
  if (model.preprocessor) {
    // Built-in data and arrays have no file to read column by column.
    const bool file = !what.starts_with("builtin:") && !what.ends_with(".npy") && !what.ends_with(".npz");
    data::Source source;
    if (file)
      source = data::read_table(std::string(what), model.preprocessor->schema(true), csv);
    else
      source = data::open_data(what);
    require<InputError>(std::holds_alternative<data::Table>(source), "eval: {} is not a table, as the model's data was",
                        what);
    const auto& table = std::get<data::Table>(source);
    const std::vector<std::int64_t> rows = model.preprocessor->target().rows(table);
    require<InputError>(!rows.empty(), "eval: {} has no row with a target", what);
    trial.dataset = {model.preprocessor->transform(table, rows), model.preprocessor->target().encode(table, rows), {}};
    trial.what = "all rows";
    trial.notes = table.notes;
  } else {
    const data::Source source = data::open_data(what);
    require<InputError>(std::holds_alternative<data::Arrays>(source), "eval: {} is a table, the model's data was not",
                        what);
    const auto& arrays = std::get<data::Arrays>(source);
    data::check_finite(arrays);
    const bool test = arrays.x_test.defined();
    const Tensor &x = test ? arrays.x_test : arrays.x, &y = test ? arrays.y_test : arrays.y;
    require<InputError>(y.defined(), "eval: {} holds no targets", what);
    trial.dataset = {as_rows(x), y, model.scale};
    require<InputError>(trial.dataset.features.size(1) == model.features,
                        "eval: rows of {} have {} values, the model takes {}", what, trial.dataset.features.size(1),
                        model.features);
    require<InputError>(model.task == data::Task::regression || arrays.labels == model.labels,
                        "eval: {} does not have the classes that the model knows", what);
    if (model.task == data::Task::regression) trial.dataset.targets = (y - model.target_mean) / model.target_scale;
    trial.what = test ? "test set" : "all rows";
  }
  trial.rows = count_from(0, trial.dataset.rows());
  return trial;
}

}  // namespace relume::train
