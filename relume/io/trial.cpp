#include "relume/io/trial.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/data/split.h"

namespace relume::io {
namespace {

/// Whether the last column holds the targets of arrays, which have them apart.
bool has_target_apart(const data::Table& table) { return !table.columns.empty() && table.columns.back().name == "y"; }

[[noreturn]] void wrong_width(const std::string& source, std::size_t width, std::size_t wanted) {
  fail<InputError>("data: rows of {} have {} values, the model takes {}; give the columns that it was trained with",
                   source, width, wanted);
}

/// The columns of a table without names get those of the model's columns, in their order.
data::Table named_by_place(data::Table table, const data::Preprocessor& preprocessor) {
  const data::TableSchema schema = preprocessor.schema();
  if (std::ranges::equal(table.columns, schema.columns, {}, &data::Column::name, &data::ColumnSpec::name)) return table;
  const bool apart = has_target_apart(table);
  const std::size_t width = table.columns.size() - apart, features = schema.columns.size() - 1;
  const bool holds_target = !apart && width == schema.columns.size();
  if (!holds_target && width != features) wrong_width(table.source, width, features);
  std::size_t place = 0;
  for (const data::ColumnSpec& column : schema.columns)
    if (holds_target || column.use != data::ColumnUse::target) table.columns[place++].name = column.name;
  if (apart) table.columns.back().name = preprocessor.target().column();
  return table;
}

/// The numbers of a table, for a model of arrays.
Tensor matrix_of(const data::Table& table, std::int64_t width) {
  Tensor x = empty({table.rows(), width});
  for (std::int64_t j = 0; j < width; ++j) {
    const data::Column& column = table.columns[static_cast<std::size_t>(j)];
    check_finite(column, table);
    for (std::int64_t i = 0; i < table.rows(); ++i) {
      require<InputError>(!column.is_text() && !column.missing(i),
                          "data: {}: column '{}' is no number, which the model takes as it is; mend it", table.where(i),
                          column.name);
      x.data<float>()[i * width + j] = static_cast<float>(column.numbers[static_cast<std::size_t>(i)]);
    }
  }
  return x;
}

/// Features and targets of the part that a model is tried on: the test set where there is one.
struct Part {
  data::Table table;  ///< of a model of tables: with its names
  Tensor x;           ///< of a model of arrays: [n, features]
  data::Table targets = {};
  bool is_test = false;
};

Part part_of_table(const Model& model, data::Table table) {
  Part part;
  part.is_test = table.test != nullptr;
  if (part.is_test) table = data::Table(*table.test);
  if (model.preprocessor) {
    part.table = table.has_header ? std::move(table) : named_by_place(std::move(table), *model.preprocessor);
    return part;
  }
  const auto features = static_cast<std::size_t>(model.features);
  const bool has_target = table.columns.size() == features + 1;
  if (!has_target && table.columns.size() != features)
    wrong_width(table.source, table.columns.size() - has_target_apart(table), features);
  part.x = matrix_of(table, model.features);
  if (!has_target) return part;
  part.targets.source = table.source;
  part.targets.lines = table.lines;
  part.targets.columns.push_back(std::move(table.columns.back()));
  return part;
}

Part part_of_arrays(const Model& model, data::Arrays arrays) {
  Part part;
  part.is_test = arrays.test != nullptr;
  if (part.is_test) arrays = data::Arrays(*arrays.test);
  arrays.valid = nullptr;
  data::check_finite(arrays);
  const Tensor rows = arrays.x.reshape({arrays.x.size(0), -1});
  part.targets = std::move(arrays.targets);
  if (model.preprocessor) {
    part.table = data::columns_of(rows, arrays.source);
    if (!part.targets.columns.empty()) part.table.columns.push_back(std::move(part.targets.columns.front()));
    part.table = named_by_place(std::move(part.table), *model.preprocessor);
    return part;
  }
  if (rows.size(1) != model.features)
    wrong_width(arrays.source, static_cast<std::size_t>(rows.size(1)), static_cast<std::size_t>(model.features));
  part.x = rows;
  return part;
}

Part part_of(const Model& model, data::Source source) {
  if (auto* table = std::get_if<data::Table>(&source)) return part_of_table(model, std::move(*table));
  return part_of_arrays(model, std::get<data::Arrays>(std::move(source)));
}

}  // namespace

Tensor features_of(const Model& model, data::Source source) {
  const Part part = part_of(model, std::move(source));
  return model.preprocessor ? model.preprocessor->transform(part.table) : part.x;
}

Trial make_trial(const Model& model, data::Source source, std::string_view what) {
  const Part part = part_of(model, std::move(source));
  Trial trial;
  trial.what = part.is_test ? "test set" : "all rows";
  if (model.preprocessor) {
    const data::Target& target = model.preprocessor->target();
    const std::vector<std::int64_t> rows = target.rows(part.table);
    require<InputError>(!rows.empty(), "data: {} has no row with a target", what);
    trial.dataset = {model.preprocessor->transform(part.table, rows), target.encode(part.table, rows), {}};
    trial.rows = data::count_to(trial.dataset.rows());
    trial.notes = part.table.notes;
    return trial;
  }
  require<InputError>(!part.targets.columns.empty(), "data: {} holds no targets", what);
  const data::Target target = data::Target::known(part.targets.columns.front().name, model.task, model.labels,
                                                  model.target_mean, model.target_scale);
  trial.rows = target.rows(part.targets);
  require<InputError>(!trial.rows.empty(), "data: {} has no row with a target", what);
  trial.dataset = {part.x, encode_among_all(target, part.targets, trial.rows), model.scale};
  return trial;
}

Trial make_trial(const Model& model, std::string_view what, const data::CsvOptions& csv) {
  if (model.preprocessor && data::is_delimited_text(what))
    return make_trial(model, data::read_table(std::string(what), model.preprocessor->schema(true), csv), what);
  data::OpenOptions open;
  open.csv = csv;
  return make_trial(model, data::open_data(what, open), what);
}

}  // namespace relume::io
