// Public. A trained network made ready to answer: nothing is allocated, locked or asked of the system in a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "relume/data/table.h"
#include "relume/infer/frozen.h"
#include "relume/infer/planned_layer.h"
#include "relume/io/model.h"
#include "relume/io/predictions.h"

namespace relume::infer {

struct PredictorOptions {
  /// The network's own outputs: no probabilities of a classification, no units of a regression.
  bool raw = false;
  /// Layers behind relu and its like leave unread the weights of inputs that are 0, and pruned layers those that are 0
  /// themselves, where that was measured to be faster. Of finite rows the same comes out; false is for comparing.
  bool skip_zeros = true;
};

/// What a Predictor takes.
struct PredictorBytes {
  std::size_t plan = 0;  ///< as long as it lives: the weights as they are laid out, and all else of it
  std::size_t call = 0;  ///< of the calling thread's stack, for one row
};

/// A network that was frozen (infer/frozen.h) and laid out once for this machine. What happens to the network or model
/// that it was made from does not matter to it. All functions are const and any number of threads may call one object;
/// a copy is a handle to the same.
///
///   const relume::Predictor predictor = relume::Predictor::load("model.safetensors");
///   predictor.predict(in, out);
///
/// A row's result is, bit for bit, the same at whatever place of a batch of whatever size, and with any number of
/// threads; on one machine, as instruction sets add up in their own order.
///
/// A call works in up to 64 KiB of the caller's stack, many rows at a time where they fit. A network of which a row
/// takes more than that, as with two neighbouring layers of over 8000 units, has room for as many calls at a time as
/// the machine has processors, set aside when it is made; a call beyond those allocates its own.
class Predictor {
 public:
  /// Takes rows as training had them. From a table: a number for each of columns(), where a text stands as the place of
  /// its category (ColumnInput) and NaN for a missing value. Else: an array's values, not yet scaled. Gives
  /// probabilities in the order of the labels, or a value in the target's units. Throws InputError as freeze() does.
  explicit Predictor(const io::Model& model, const PredictorOptions& options = {});
  /// Takes and gives what the network does; `features` is the width of a row where its first layers do not say.
  explicit Predictor(const nn::Module& network, std::int64_t features = 0, const PredictorOptions& options = {});
  /// Of a model's file, and of its bytes in memory, which are needed no longer. Throws as Model::load().
  static Predictor load(const std::filesystem::path& path, const PredictorOptions& options = {});
  static Predictor load(std::span<const std::byte> file, const PredictorOptions& options = {});

  /// What the object made of these will take, before it is made.
  static PredictorBytes bytes(const io::Model& model);
  static PredictorBytes bytes(const nn::Module& network, std::int64_t features = 0);
  PredictorBytes bytes() const;

  /// Values a row.
  std::int64_t inputs() const;
  std::int64_t outputs() const;

  /// What one value of a row is, for the model of a table.
  struct ColumnInput {
    std::string name;
    std::vector<std::string> categories;  ///< of a text: it is given as its place among these, any other number for the
                                          ///< rest; empty: a number, NaN where it is missing
  };
  /// One for each input; empty where the model is none of a table.
  std::vector<ColumnInput> columns() const;
  /// Rows of a table as predict() takes them: the columns by their names, texts of numbers and categories as the
  /// model's training read them. Throws InputError where a column is missing, and where the model is none of a table.
  std::vector<float> rows_of(data::Table table) const;
  /// Of the classes, in the order of the outputs.
  const std::vector<std::string>& labels() const;

  /// Rows of `in`, one after the other, to rows of `out`; one row is one too. On this thread alone, or on up to
  /// `threads` of relume's (base/parallel.h). Throws ShapeError where the lengths do not fit.
  void predict(std::span<const float> in, std::span<float> out, int threads = 1) const;

  /// How each layer of weights runs, and what it takes with such rows, one at a time.
  std::vector<infer::PlannedLayer> layers(std::span<const float> rows) const;

  /// Of one row of a table by the names of its columns: label and probabilities, or the value in its own unit, as
  /// Model::predict(row) gives it. This one allocates. Throws InputError where a column is missing.
  Prediction predict(const io::Row& row) const;

 private:
  struct Parts;
  explicit Predictor(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

}  // namespace relume::infer

namespace relume {
using infer::Predictor;
using infer::PredictorOptions;
}  // namespace relume
