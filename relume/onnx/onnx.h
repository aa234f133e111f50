// Public. Networks to and from ONNX files. A library of its own beside relume, for protobuf: relume::onnx in CMake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "relume/io/model.h"
#include "relume/nn/sequential.h"

namespace relume::onnx {

inline constexpr int oldest_opset = 9;
inline constexpr int newest_opset = 28;

struct ExportOptions {
  int opset = 17;              ///< of ai.onnx, from oldest_opset to newest_opset
  bool preprocessing = false;  ///< a table's columns go in, each as an input of its name
};

/// What was written.
struct Exported {
  std::vector<std::string> inputs;   ///< their names
  std::vector<std::string> outputs;  ///< theirs
  std::int64_t nodes = 0;
  int opset = 0;
  std::size_t bytes = 0;
};

/// Writes a model as a file that ONNX runtimes run, whole or not at all. Rows are the first dimension, of any number.
/// In goes "input", float32 [n, features], of a model of arrays in their own shape; with `preprocessing`, of a model of
/// a table, each column in use by its name, [n, 1]: a number as float32, NaN where it is missing, a category as a
/// string. Out come "probabilities" [n, classes] or "value" [n, 1] in the target's units, and with `preprocessing` also
/// "label" [n], strings. Throws InputError as infer::freeze() does, and for an opset out of range; FileError.
Exported save(const io::Model& model, const std::filesystem::path& path, const ExportOptions& options = {});
/// Of a network alone: "input" [n, features] to "output".
Exported save(const nn::Module& network, const std::filesystem::path& path, const ExportOptions& options = {},
              std::int64_t features = 0);

/// "4 inputs in, probabilities and label out; 12 nodes of opset 17, 1234 bytes"
std::string to_string(const Exported& exported);

/// A network that a file describes.
struct Network {
  std::shared_ptr<nn::Sequential> network;  ///< of relume's layers, for evaluation
  std::int64_t features = 0;                ///< a row
  std::int64_t outputs = 0;
  Shape input_shape;                ///< of one row, where the file's are no vectors: [28, 28]
  std::vector<std::string> labels;  ///< of the classes, where the file tells them
};

/// Reads a network of one input whose rows go through it one by one: fully connected layers, normalisations,
/// activations also where they are written in arithmetic, residual detours. Of scikit-learn's classifiers it is the
/// probabilities. Weights may lie in files beside it. Throws InputError, which names the node and its operator, for
/// what is not supported, and for a file that is damaged; FileError.
Network load_network(const std::filesystem::path& path);

/// The same as a model that predicts and can be saved. It is a classification where it ends in a softmax, in the
/// sigmoid of one value, or in several values; else a regression of one. Rows go in as they are. Throws as
/// load_network(), and for residual detours, which a model's file has no word for.
io::Model load_model(const std::filesystem::path& path);

/// Whether the name ends in .onnx.
bool is_onnx(const std::filesystem::path& path);

}  // namespace relume::onnx
