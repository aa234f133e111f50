// Public. A trained network with all that its use needs: architecture, preprocessing, labels. One safetensors file.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relume/data/dataset.h"
#include "relume/data/preprocess.h"
#include "relume/nn/architecture.h"

namespace relume::io {

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
  std::string training = "{}";                     ///< how it was trained, as JSON

  /// Makes the network anew with fresh weights.
  void build(Rng& rng);
  /// Written whole or not at all. Throws FileError.
  void save(const std::filesystem::path& path) const;
  /// Throws InputError, which names the file and what is wrong with it.
  static Model load(const std::filesystem::path& path);
};

}  // namespace relume::io
