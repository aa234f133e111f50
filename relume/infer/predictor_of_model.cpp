// Compiled for size.
// Predictors of networks and models in memory, and of tables.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/data/column_index.h"
#include "relume/data/column_role.h"
#include "relume/data/text_columns.h"
#include "relume/infer/predictor_parts.h"
#include "relume/io/predictions.h"
#include "relume/nn/module.h"

namespace relume::infer {
namespace {

/// The column as the model takes it: numbers, or the place of each text among the categories, −1 for any other.
void write_inputs(const data::ColumnPlan& plan, const data::Column& column, std::size_t stride, float* out) {
  if (plan.kind == data::ColumnKind::number) {
    for (const double number : column.numbers) *out = static_cast<float>(number), out += stride;
    return;
  }
  const data::Column texts = column.is_text() ? column : data::as_text(column);
  std::vector<float> places(texts.values.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto found = std::ranges::find(plan.categories, texts.values[i]);
    places[i] = found == plan.categories.end() ? -1.0f : static_cast<float>(found - plan.categories.begin());
  }
  for (const std::int32_t code : texts.codes) {
    *out = code < 0 ? -1.0f : places[static_cast<std::size_t>(code)];
    out += stride;
  }
}

}  // namespace

Predictor::Predictor(const io::Model& model, const PredictorOptions& options)
    : parts_(std::make_shared<const Parts>(freeze(model), options, &model)) {}

Predictor::Predictor(const nn::Module& network, std::int64_t features, const PredictorOptions& options)
    : parts_(std::make_shared<const Parts>(freeze(network, features), options)) {}

PredictorBytes Predictor::bytes(const io::Model& model) {
  const Plan::Size size = Plan::size(freeze(model));
  const Room room = room_for(size.floats_a_row, size.floats_more, &model);
  return {sizeof(Parts) + size.bytes + room.bytes(), room.of_call()};
}

PredictorBytes Predictor::bytes(const nn::Module& network, std::int64_t features) {
  const Plan::Size size = Plan::size(freeze(network, features));
  const Room room = room_for(size.floats_a_row, size.floats_more, nullptr);
  return {sizeof(Parts) + size.bytes + room.bytes(), room.of_call()};
}

std::vector<float> Predictor::rows_of(data::Table table) const {
  const Parts& parts = *parts_;
  require<InputError>(parts.reads_columns(), "predict: the network knows no columns by name; give the numbers alone");
  data::read_numbers(table, parts.model->preprocessor->schema());
  const data::ColumnIndex index(table);
  std::vector<float> rows(static_cast<std::size_t>(table.rows()) * parts.columns.size());
  for (std::size_t i = 0; i < parts.columns.size(); ++i) {
    const data::ColumnPlan& plan = parts.columns[i].plan;
    const data::Column* column = index.find(plan.name);
    require<InputError>(column != nullptr, "predict: {} has no column \"{}\", which the model takes", table.source,
                        plan.name);
    require<InputError>(plan.kind == data::ColumnKind::text || !column->is_text(),
                        "predict: column \"{}\" of {} is text, the model takes numbers", plan.name, table.source);
    write_inputs(plan, *column, parts.columns.size(), rows.data() + i);
  }
  return rows;
}

std::vector<PlannedLayer> Predictor::layers(std::span<const float> rows) const {
  const Parts& parts = *parts_;
  const std::int64_t inputs = parts.inputs(), count = std::ssize(rows) / inputs;
  require<ShapeError>(count > 0 && count * inputs == std::ssize(rows), "layers: {} numbers are no rows of {}",
                      rows.size(), inputs);
  std::vector<float> features(rows.begin(), rows.end());
  if (parts.reads_columns()) {
    features.resize(static_cast<std::size_t>(count * parts.plan.inputs()));
    for (std::int64_t r = 0; r < count; ++r)
      parts.write_features(rows.data() + r * inputs, features.data() + r * parts.plan.inputs());
  }
  std::vector<float> out(static_cast<std::size_t>(outputs()));
  return parts.plan.layers(features, out.data(), Block(static_cast<std::size_t>(parts.room.floats(1))).data());
}

Prediction Predictor::predict(const io::Row& row) const {
  const Parts& parts = *parts_;
  require<InputError>(parts.reads_columns(), "predict: the network knows no columns by name; give the numbers alone");
  const Tensor features = io::features_of(*parts.model, row);
  const std::vector<float> x(features.span<float>().begin(), features.span<float>().end());
  std::vector<float> y(static_cast<std::size_t>(outputs()));
  const Block workspace(static_cast<std::size_t>(parts.room.floats(1)));
  parts.plan.run(x.data(), 1, y.data(), workspace.data());
  return io::predictions_of(*parts.model, from_vector(y, Shape{1, outputs()}))[0];
}

}  // namespace relume::infer
