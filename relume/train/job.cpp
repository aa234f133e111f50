#include "relume/train/job.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/data/split.h"
#include "relume/health/data_facts.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/join.h"

namespace relume::training {
namespace {

/// A part of the rows: a share of them, or rows of their own.
struct Held {
  double share = 0;
  std::string file = {};
  std::optional<data::Source> own = {};  // that the data brings
};

Held held(const data::Source& data, data::Apart which, const Part& part, double otherwise, const char* option) {
  const std::string& text = part.text();
  if (!part.given()) {
    std::optional<data::Source> own = data::part_of(data, which);
    return {own ? 0 : otherwise, {}, std::move(own)};
  }
  double share = 0;
  if (!parse(text, share)) return {0, text};
  if (!std::isfinite(share) || share < 0)
    throw OptionError({option}, fmt::format("train: {} {} is neither a share of the rows nor a file", option, text));
  return {share};
}

/// With fewer rows, training on all of them made the better network: of 20 rows of each of eleven tables it learned
/// 0.04 more (r², accuracy) than of sixteen with four to stop by; of 40 rows 0.02 less.
constexpr std::int64_t too_few_to_validate = 30;

/// A fifth of a small table, less of a large one: 10,000 rows tell enough. None where there are too few.
double usual_valid_share(std::int64_t rows, const TrainOptions& options) {
  if (rows < too_few_to_validate && options.best_by == TrainOptions().best_by) return 0;
  return std::clamp(10000.0 / static_cast<double>(rows), 0.1, 0.2);
}

/// Puts the rows that have a target behind the job's and returns their places there.
std::vector<std::int64_t> append(Job& job, const Trial& trial) {
  const std::int64_t begin = job.dataset.rows();
  job.notes.insert(job.notes.end(), trial.notes.begin(), trial.notes.end());
  job.dataset.features = cat({job.dataset.features, trial.dataset.features});
  job.dataset.targets = cat({job.dataset.targets, trial.dataset.targets});
  std::vector<std::int64_t> rows = trial.rows;
  for (std::int64_t& row : rows) row += begin;
  return rows;
}

void note_dropped(Job& job) {
  if (job.dropped_rows > 0)
    job.notes.push_back(fmt::format("{} rows have no target and were dropped", job.dropped_rows));
}

/// Marks and grades are classes only if somebody wants them to be.
void note_classes_of_numbers(Job& job, const data::Target& target) {
  constexpr std::int64_t least_grades = 5;
  if (target.task() != data::Task::classification || target.kind() == data::ColumnKind::text) return;
  if (target.classes() >= least_grades)
    job.notes.push_back(
        fmt::format("the {} numbers of '{}' are taken for classes; the task regression predicts them as "
                    "numbers",
                    target.classes(), target.column()));
}

void set_target(io::Model& model, const data::Target& target) {
  model.task = target.task();
  model.labels = target.labels();
  model.target_mean = target.mean();
  model.target_scale = target.scale();
}

Job from_table(const data::Table& table, const TrainOptions& options, const data::SplitOptions& split) {
  data::PrepareOptions prepare{
      .target = options.target, .task = options.task, .use = options.use, .drop = options.drop};
  prepare.split = split;
  data::Prepared prepared = data::prepare(table, prepare);
  Job job;
  job.dataset = std::move(prepared.dataset);
  job.facts = health::look_at_table(table, prepared.preprocessor, prepared.split.train);
  job.split = std::move(prepared.split);
  job.dropped_rows = prepared.dropped_rows;
  job.notes = table.notes;
  note_dropped(job);
  // Arrays say by their type what they hold; a text does not.
  if (!options.task && !table.lines.empty()) note_classes_of_numbers(job, prepared.preprocessor.target());
  set_target(job.model, prepared.preprocessor.target());
  job.model.features = prepared.preprocessor.features();
  job.model.preprocessor = std::move(prepared.preprocessor);
  return job;
}

/// Two hidden layers; for tables, which are small and noisy, with a little dropout.
std::vector<nn::LayerSpec> usual_layers(bool table, const std::string& activation) {
  return nn::mlp({256, 128}, activation + (table ? " dropout(0.1)" : ""));
}

Job from_arrays(const data::Arrays& arrays, const TrainOptions& options, const data::SplitOptions& split) {
  data::check_finite(arrays);
  require<InputError>(options.use.empty() && options.drop.empty(),
                      "train: {} is no table; columns to use or to drop are a table's", arrays.source);
  data::Target target = choose_target(arrays, options.task);
  const std::vector<std::int64_t> rows = target.rows(arrays.targets);
  Job job;
  job.dropped_rows = arrays.x.size(0) - static_cast<std::int64_t>(rows.size());
  note_dropped(job);
  job.split = data::split_rows(rows, target.encode(arrays.targets, rows), split);
  target.fit(arrays.targets, job.split.train);
  job.dataset = {arrays.x.reshape({arrays.x.size(0), -1}), encode_among_all(target, arrays.targets, rows), {}};
  set_target(job.model, target);
  job.dataset.scale = data::fit_input_scale(job.dataset.features, job.split.train);
  job.model.features = job.dataset.features.size(1);
  job.model.scale = job.dataset.scale;
  job.model.input_shape = Shape(std::span(arrays.x.shape().begin() + 1, arrays.x.shape().end()));
  return job;
}

/// The job with the rows that are to be trained on, and those that are held back of them or come apart.
Job from_source(const data::Source& source, const TrainOptions& options) {
  const auto* table = std::get_if<data::Table>(&source);
  const auto* arrays = std::get_if<data::Arrays>(&source);
  const std::int64_t rows = table ? table->rows() : arrays->x.size(0);
  const double usual = usual_valid_share(rows, options);
  const Held valid = held(source, data::Apart::valid, options.valid, usual, "valid"),
             test = held(source, data::Apart::test, options.test, 0, "test");
  const data::SplitOptions split{.valid = valid.share, .test = test.share, .seed = options.seed};
  Job job = table ? from_table(*table, options, split) : from_arrays(*arrays, options, split);
  const auto hold = [&](const Held& part, std::vector<std::int64_t>& held) {
    if (part.own)
      held = append(job, make_trial(job.model, *part.own, std::visit([](auto& s) { return s.source; }, *part.own)));
    if (!part.file.empty()) held = append(job, make_trial(job.model, part.file, options.csv));
  };
  hold(valid, job.split.valid);
  if (!options.valid.given() && !valid.own && usual == 0)
    job.notes.push_back(fmt::format("{} rows are too few to hold some out for validation: all of them train", rows));
  if (!options.valid.given() && !valid.own && std::visit([](const auto& s) { return s.valid != nullptr; }, source))
    job.notes.emplace_back("the validation rows that the data brings have no targets and are not used");
  hold(test, job.split.test);
  return job;
}

std::vector<nn::LayerSpec> layers_of(const TrainOptions& options, bool table) {
  if (!options.hidden.empty() && !options.layers.empty())
    throw OptionError({"hidden", "layers"}, "train: hidden and layers both say what the network is; give one of them");
  if (!options.hidden.empty()) return nn::mlp(options.hidden, options.activation);
  return options.layers.empty() ? usual_layers(table, options.activation) : nn::parse_architecture(options.layers);
}

}  // namespace

data::Source open_data(std::string_view data, const TrainOptions& options) {
  data::OpenOptions open;
  open.seed = options.seed;
  open.csv = options.csv;
  return data::open_data(data, open);
}

Job make_job(std::string_view data, const TrainOptions& options) {
  return make_job(open_data(data, options), options, std::string(data));
}

Job make_job(const data::Source& source, const TrainOptions& options, std::string name) {
  const bool table = std::holds_alternative<data::Table>(source);
  const std::vector<nn::LayerSpec> layers = layers_of(options, table);
  Job job = from_source(source, options);
  job.model.check_names();  // not after hours of training
  job.source = std::move(name);
  job.model.outputs =
      job.model.task == data::Task::classification ? static_cast<std::int64_t>(job.model.labels.size()) : 1;
  job.model.layers = layers;
  Rng rng = Rng(options.seed).fork(1);
  job.model.build(rng);
  manual_seed(options.seed);
  return job;
}

}  // namespace relume::training
