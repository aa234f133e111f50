// From whatever holds rows to what a model says of them.
#include <algorithm>
#include <cmath>
#include <map>

#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/data/split.h"
#include "relume/data/text_columns.h"
#include "relume/io/model.h"
#include "relume/io/outputs.h"
#include "relume/io/prediction_text.h"
#include "relume/io/trial.h"

namespace relume::io {
namespace {

// Rows in memory at a time.
constexpr std::int64_t rows_read_at_once = 4096;

void check_outputs(const Tensor& y, std::int64_t first_row) {
  const auto values = y.span<float>();
  const auto found = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  require<Error>(found == values.end(),
                 "predict: the network's output for row {} is no finite number; its weights are damaged, or the row is "
                 "far from all that it was trained on",
                 first_row + (found - values.begin()) / std::max<std::int64_t>(y.size(1), 1) + 1);
}

using Sink = FunctionRef<void(const Predictions&)>;

/// Counts the texts without a category in all parts of a file.
class UnknownTexts {
 public:
  void add(const std::vector<data::UnknownCategory>& found) {
    for (const data::UnknownCategory& unknown : found) {
      const auto [place, is_new] = all_.emplace(unknown.column, unknown);
      if (!is_new) place->second.rows += unknown.rows;
    }
  }
  void note(std::vector<std::string>& notes) const {
    for (const auto& [column, fields] : all_) notes.push_back(data::to_string(fields));
  }

 private:
  std::map<std::string, data::UnknownCategory> all_;
};

/// Delimited text, row by row.
std::vector<std::string> predict_file(const Model& model, std::string_view data, const PredictOptions& options,
                                      Sink sink) {
  data::TableReader reader(std::string(data), model.preprocessor->schema(), options.csv);
  const std::string id_column = options.id.empty() ? "" : reader.keep(options.id);
  UnknownTexts unknown;
  data::Table table;
  std::int64_t first_row = 0;
  while (reader.next(table, rows_read_at_once)) {
    unknown.add(model.preprocessor->unknown_categories(table));
    Predictions some = predict(model, model.preprocessor->transform(table), first_row);
    some.id_column = id_column;
    if (!id_column.empty()) some.ids = reader.kept();
    first_row += some.size();
    sink(some);
  }
  std::vector<std::string> notes = table.notes;
  unknown.note(notes);
  return notes;
}

/// What is in memory whole.
void predict_source(const Model& model, std::string_view data, const PredictOptions& options, Sink sink) {
  data::Source source = data::open_data(data, {.csv = options.csv, .targets = false});
  std::string id_column;
  std::vector<std::string> ids;
  if (!options.id.empty()) {
    const auto* table = std::get_if<data::Table>(&source);
    require<InputError>(table, "predict: {} is no table; an id is a column of one", data);
    const data::Column& column =
        table->columns[static_cast<std::size_t>(data::find_column(*table, options.id, "predict"))];
    id_column = column.name;
    for (std::int64_t row = 0; row < table->rows(); ++row) ids.push_back(column.text(row));
  }
  const Tensor features = features_of(model, std::move(source));
  for (std::int64_t at = 0; at < features.size(0); at += rows_read_at_once) {
    const std::int64_t end = std::min(at + rows_read_at_once, features.size(0));
    Predictions some = predict(model, features.slice(0, at, end), at);
    some.id_column = id_column;
    if (!ids.empty()) some.ids.assign(ids.begin() + at, ids.begin() + end);
    sink(some);
  }
}

std::vector<std::string> predict_parts(const Model& model, std::string_view data, const PredictOptions& options,
                                       Sink sink) {
  if (model.preprocessor && data::is_delimited_text(data)) return predict_file(model, data, options, sink);
  predict_source(model, data, options, sink);
  return {};
}

/// Numbers, row after row, as many a row as the model takes.
template <class Number>
Tensor rows_of(const Model& model, std::span<const Number> values) {
  const std::int64_t width = model.preprocessor ? std::ssize(model.preprocessor->schema().columns) - 1 : model.features;
  require<ShapeError>(width > 0 && std::ssize(values) % width == 0,
                      "predict: {} numbers are no whole rows of {}, which the model takes", values.size(), width);
  return from_vector(std::vector<Number>(values.begin(), values.end()), Shape{std::ssize(values) / width, width});
}

data::Table table_of(const Row& row) {
  data::Table table;
  table.source = "the row";
  for (const auto& [name, field] : row) table.columns.push_back(field.column(name));
  return table;
}

}  // namespace

Predictions predict(const Model& model, const Tensor& features, std::int64_t first_row) {
  require<ShapeError>(features.dimensions() == 2 && features.size(1) == model.features,
                      "predict: the rows are {}, the model takes {} values a row", features.shape(), model.features);
  const std::int64_t n = features.size(0);
  return predictions_of(model, outputs(*model.network, {features, empty({n, 1}), model.scale}, data::count_to(n)),
                        first_row);
}

Predictions predictions_of(const Model& model, const Tensor& outputs, std::int64_t first_row) {
  check_outputs(outputs, first_row);
  return {model, outputs};
}

Tensor features_of(const Model& model, const Row& row) {
  require<InputError>(model.preprocessor.has_value(),
                      "predict: the model knows no columns by name; give the numbers alone");
  data::Table table = table_of(row);
  data::read_numbers(table, model.preprocessor->schema());
  return model.preprocessor->transform(table);
}

std::vector<std::string> predict_text(const Model& model, std::string_view data, const PredictOptions& options,
                                      PredictionFormat format, FunctionRef<void(std::string_view)> write) {
  PredictionText text(format);
  Predictions none(model);
  std::vector<std::string> notes = predict_parts(model, data, options, [&](const Predictions& some) {
    none.id_column = some.id_column;
    write(text.rows(some));
  });
  const std::string head = text.rows(none);  // where there was no row
  write(head + text.end());
  return notes;
}

Predictions Model::predict(std::string_view data, const PredictOptions& options) const {
  Predictions all(*this);
  std::vector<Predictions> parts;
  all.notes = predict_parts(*this, data, options, [&](const Predictions& some) { parts.push_back(some); });
  all.append(parts);
  return all;
}

Predictions Model::predict(data::Table table) const {
  if (preprocessor) data::read_numbers(table, preprocessor->schema());
  if (!preprocessor || !table.has_header) return io::predict(*this, features_of(*this, std::move(table)));
  Predictions all = io::predict(*this, preprocessor->transform(table));
  all.notes = table.notes;
  UnknownTexts unknown;
  unknown.add(preprocessor->unknown_categories(table));
  unknown.note(all.notes);
  return all;
}

Predictions Model::predict(const data::Arrays& arrays) const { return io::predict(*this, features_of(*this, arrays)); }

Predictions Model::predict(const Tensor& rows) const {
  require<ShapeError>(rows.dimensions() >= 1, "predict: a number is no row; give [rows, values]");
  if (preprocessor) return predict(data::columns_of(rows, "the rows"));
  const bool as_it_is = rows.dtype() == uint8 || rows.dtype() == float32;
  return predict(data::Arrays{.x = as_it_is ? rows : rows.to(float32), .source = "the rows"});
}

Predictions Model::predict(std::span<const float> rows) const { return predict(rows_of(*this, rows)); }

Predictions Model::predict(std::span<const double> rows) const { return predict(rows_of(*this, rows)); }

Prediction Model::predict(const Row& row) const {
  require<InputError>(preprocessor.has_value(), "predict: the model knows no columns by name; give the numbers alone");
  return predict(table_of(row))[0];
}

}  // namespace relume::io
