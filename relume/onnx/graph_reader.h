// Private. From a graph's nodes to a chain of layers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "relume/infer/frozen.h"
#include "relume/onnx/expression.h"
#include "relume/onnx/file_reader.h"

namespace relume::onnx {

/// Values that differ from row to row: a term of what a stage gives.
struct Rows {
  int stage = 0;
  int term = Terms::variable;
  std::int64_t offset = 0;               ///< of the first of the stage's values
  std::vector<std::int64_t> shape = {};  ///< of a row
  std::int64_t width() const;
};

/// What a normalisation that is written out in arithmetic has made of rows so far.
struct Moment {
  enum class Kind : std::uint8_t {
    mean,      ///< of each row
    centered,  ///< rows − mean
    squared,   ///< centered²
    variance,  ///< the mean of that
    stable,    ///< variance + ε
    deviation  ///< its root
  };
  Kind kind;
  Rows rows;
  double epsilon = 0;
};

/// What is not supported, and why: an error where the network's output needs it.
struct Unsupported {
  std::string why;
};

using Value = std::variant<Array, Rows, Moment, Unsupported>;

/// A node while its operator is read.
class NodeReader;

/// Reads the nodes one after the other. What no layer is made for yet is a term; a layer is a stage, which knows the
/// one before it.
class GraphReader {
 public:
  /// Throws InputError without the file's name.
  GraphReader(const proto::Model& model, std::filesystem::path folder);

  std::int64_t features() const { return width_of(0); }
  const std::vector<std::int64_t>& input_shape() const { return input_shape_; }
  /// The layers from the input to the output.
  std::vector<infer::FrozenLayer> layers();
  /// Of the classes, where the file tells them.
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  friend class NodeReader;
  using Layer = std::shared_ptr<const infer::FrozenLayer>;
  struct Stage {
    int before;
    std::vector<Layer> layers;
    std::int64_t width;
  };

  void read_opsets(const proto::Model& model);
  void read_constants(const proto::Graph& graph);
  void read_input(const proto::Graph& graph);
  void read_node(const proto::Node& node);
  void define(const std::string& name, Value value);
  const Value& value_of(const std::string& name, const std::string& node) const;

  std::int64_t width_of(int stage) const { return stages_[static_cast<std::size_t>(stage)].width; }
  /// A stage behind another.
  Rows push(int before, infer::FrozenLayer layer);
  /// The stage that gives these values, and nothing else.
  Rows settled(const Rows& rows);
  /// The same if the layers for it were made already.
  Rows settled_before(const Rows& rows) const;
  /// The layers behind `from` up to `to`; nothing where `from` does not come before.
  bool collect(int from, int to, std::vector<Layer>& layers) const;
  /// Throws where an array holds more than what the file's size lets expect.
  void check_width(std::int64_t width) const;

  std::filesystem::path folder_;
  std::map<std::string, std::int64_t> opsets_;
  std::map<std::string, Value> values_;
  std::vector<std::int64_t> input_shape_;
  std::int64_t batch_ = 0;      // rows, where the file says how many
  std::int64_t constants_ = 0;  // values in them
  std::vector<Stage> stages_;
  std::map<std::pair<int, int>, int> settled_;  // stage and term to the stage that gives it
  Terms terms_;
  std::vector<std::string> labels_;
  std::vector<std::string> outputs_;
};

}  // namespace relume::onnx
