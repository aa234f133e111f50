// Public. What a model says of rows, in the target's own terms.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/base/function_ref.h"
#include "relume/data/csv.h"
#include "relume/data/target.h"
#include "relume/tensor/tensor.h"

namespace relume::io {

struct Model;

/// What a row holds in one column: a number, a text, or nothing.
class Field {
 public:
  Field() = default;  ///< a missing value
  template <class Number>
  requires std::is_arithmetic_v<Number> Field(Number number)
      : kind_(Kind::number), number_(static_cast<double>(number)) {}
  Field(const char* text) : kind_(Kind::text), text_(text) {}
  Field(std::string text) : kind_(Kind::text), text_(std::move(text)) {}

  /// The column of one row that holds it.
  data::Column column(const std::string& name) const;

 private:
  enum class Kind : std::uint8_t { missing, number, text };
  Kind kind_ = Kind::missing;
  double number_ = 0;
  std::string text_;
};

/// A row by the names of its columns: {{"rooms", 3}, {"place", "north"}}.
using Row = std::vector<std::pair<std::string, Field>>;

/// How predict_text() writes.
enum class PredictionFormat : std::uint8_t {
  csv,   ///< a line for each row: the id under its column's name, where one is kept, the prediction, the probabilities
  json,  ///< one line, an object: docs/json.md has its fields
};

/// What a model says of one row.
class Prediction {
 public:
  /// Of a regression, in the target's units. Throws ValueError for a classification.
  double value() const;
  /// The most probable class. Throws ValueError for a regression, as all that follows.
  const std::string& label() const;
  /// Of label().
  double probability() const;
  /// Of that class. Throws ValueError where there is none of that name.
  double probability(std::string_view label) const;
  /// In the order of the model's labels.
  const std::vector<double>& probabilities() const;

 private:
  friend class Predictions;
  Prediction() = default;
  std::shared_ptr<const std::vector<std::string>> labels_;  // null of a regression
  double value_ = 0;
  std::int64_t best_ = 0;
  std::vector<double> probabilities_;
};

/// What a model says of rows.
class Predictions {
 public:
  /// None yet, of a model's.
  explicit Predictions(const Model& model);
  /// From the network's outputs for some rows, float32 [rows, model.outputs]. A value is output · target_scale +
  /// target_mean in double precision: float32 holds few of the values that lie near a large mean.
  Predictions(const Model& model, const Tensor& outputs);

  std::int64_t size() const;
  Prediction operator[](std::int64_t row) const;
  data::Task task() const { return task_; }

  /// Of a regression, in the target's units. Throws ValueError for a classification.
  const std::vector<double>& values() const;
  /// The most probable class of each row. Throws ValueError for a regression, as the next three.
  std::vector<std::string> labels() const;
  /// The same by their places among class_labels().
  const std::vector<std::int64_t>& classes() const;
  /// float32 [rows, classes]
  const Tensor& probabilities() const;
  const std::vector<std::string>& class_labels() const;

  /// A label, or a value with the digits that mean something (data::rounded()).
  std::string text(std::int64_t row) const;
  /// What `relume predict` writes, see predict_text().
  std::string csv() const;
  std::string json() const;
  /// Writes json() where the name ends in .json, else csv(); whole or not at all. Throws FileError.
  void save(const std::filesystem::path& path) const;

  /// Puts more rows of the same model behind these.
  void append(std::span<const Predictions> parts);

  std::string id_column = {};           ///< PredictOptions::id by its name
  std::vector<std::string> ids = {};    ///< its fields: one a row, or none
  std::vector<std::string> notes = {};  ///< sentences on how the rows were read, and texts that training did not see

 private:
  std::string text_in(PredictionFormat format) const;
  void require_task(data::Task task, const char* asked) const;

  data::Task task_;
  std::shared_ptr<const std::vector<std::string>> labels_;
  double scale_ = 1;
  std::vector<double> values_;
  std::vector<std::int64_t> classes_;
  Tensor probabilities_;
};

struct PredictOptions {
  data::CsvOptions csv = {};  ///< how delimited text is read
  std::string id = {};        ///< a column of a table that is kept beside each prediction: its name or number
};

/// Runs the network over rows as the model's preprocessing, or an array, gives them: float32 or uint8 [n, features].
/// `first_row` numbers the rows for messages, from 0. Throws ShapeError where the rows are of another width, and Error,
/// which names the row, where an output is NaN or infinite: nothing can be said of it.
Predictions predict(const Model& model, const Tensor& features, std::int64_t first_row = 0);

/// What the model says where its network's outputs are these, float32 [n, outputs]. Throws Error as predict() does.
Predictions predictions_of(const Model& model, const Tensor& outputs, std::int64_t first_row = 0);

/// The features of one row by its columns' names, float32 [1, features], as the model's preprocessing makes them.
/// Throws InputError where the model has none, or a column is missing.
Tensor features_of(const Model& model, const Row& row);

/// Predicts the rows of whatever `data` names, delimited text of any length a few thousand rows at a time, and hands
/// the text to `write` piece by piece; the first piece comes when the first rows are known. Returns the notes. Throws
/// as Model::predict().
std::vector<std::string> predict_text(const Model& model, std::string_view data, const PredictOptions& options,
                                      PredictionFormat format, FunctionRef<void(std::string_view)> write);

}  // namespace relume::io

namespace relume {
using io::Prediction;
using io::Predictions;
using io::PredictOptions;
}  // namespace relume
