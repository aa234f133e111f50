// Public. A trained network with all that its use needs: architecture, preprocessing, labels. One safetensors file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/arrays.h"
#include "relume/data/dataset.h"
#include "relume/data/preprocess.h"
#include "relume/io/predictions.h"
#include "relume/nn/architecture.h"

namespace relume::io {

/// A copy shares its network with the model that it was made from. Prediction changes nothing in a model whose network
/// is in evaluation mode, as that of a trained or loaded one is: several threads may predict with it.
struct Model {
  std::vector<nn::LayerSpec> layers;  ///< the hidden ones; linear(outputs) follows
  std::int64_t features = 0;
  std::int64_t outputs = 0;
  std::shared_ptr<nn::Sequential> network;

  data::Task task = data::Task::classification;
  std::vector<std::string> labels;  ///< of the classes, in the order of the outputs
  double target_mean = 0;           ///< regression: value = output · target_scale + target_mean
  double target_scale = 1;
  std::optional<data::Preprocessor> preprocessor;  ///< of tables
  data::InputScale scale;                          ///< of arrays
  Shape input_shape;                               ///< of one row of an array: [28, 28]
  std::string loss;  ///< by which it was trained and is measured: see nn::losses(); empty: its task's usual one
  std::string training = "{}";  ///< how it was trained, as JSON

  /// Makes the network anew with fresh weights.
  void build(Rng& rng);
  /// A copy with a network of its own.
  Model clone() const;
  /// What `relume inspect` prints: the task, the columns, and a table of the layers with what they cost.
  std::string summary() const;
  /// Written whole or not at all. Throws FileError, and InputError where check_names() does.
  void save(const std::filesystem::path& path) const;
  /// Throws InputError where a label or the name of a column is no UTF-8, which a file cannot hold.
  void check_names() const;
  /// Throws InputError, which names the file and what is wrong with it.
  static Model load(const std::filesystem::path& path);
  /// The same from the file's bytes in memory; `name` stands for the path in errors.
  static Model load(std::span<const std::byte> file, std::string_view name = "the bytes");

  /// What the model says of the rows of whatever `data` names (see data::open_data()); the target's column may be
  /// missing. Delimited text is read in parts, with the columns that the model was trained with. Throws InputError
  /// where the data does not fit, and Error where an output is no finite number.
  Predictions predict(std::string_view data, const PredictOptions& options = {}) const;
  /// Of a table in memory: its columns are found by their names, or by their place where it has none. Texts that hold
  /// numbers are read as training read them.
  Predictions predict(data::Table table) const;
  /// Of images and the like, in their own shape: the test set where there is one.
  Predictions predict(const data::Arrays& arrays) const;
  /// Of rows [n, …] whose values stand in the order of the training's columns. Any dtype.
  Predictions predict(const Tensor& rows) const;
  /// The same, row after row. Throws ShapeError where they are no whole rows.
  Predictions predict(std::span<const float> rows) const;
  Predictions predict(std::span<const double> rows) const;
  /// Of one row of a table: model.predict({{"rooms", 3}, {"place", "north"}}).value(). A column that is not named is an
  /// InputError, a Field() a missing value.
  Prediction predict(const Row& row) const;
};

}  // namespace relume::io

namespace relume {
using io::Model;
}  // namespace relume
