// Public. What a model's layers are, cost and do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relume/health/unit_activity.h"
#include "relume/io/model.h"
#include "relume/io/trial.h"

namespace relume::io {

struct LayerFacts {
  std::string name;                                    ///< in the file: "0"
  std::string word;                                    ///< as an architecture has it: "linear(64)"
  const nn::Module* module;                            ///< of the model's network
  std::int64_t width = 0;                              ///< of its output, a row
  std::int64_t parameters = 0;                         ///< trained values
  std::int64_t multiply_adds = 0;                      ///< for a row
  std::int64_t bytes = 0;                              ///< of parameters and buffers
  std::int64_t output_bytes = 0;                       ///< of its output, a row
  std::optional<health::LayerActivity> activity = {};  ///< of elementwise activations that were watched
};

/// From the first layer to the output, the added output layer included. `activity` is what unit_activity() gives, or
/// nothing.
std::vector<LayerFacts> layer_facts(const Model& model, const std::vector<health::LayerActivity>& activity = {});

/// What the network's activations do on the rows of the trial.
std::vector<health::LayerActivity> unit_activity(const Model& model, const Trial& trial);

/// What `relume inspect` prints of them; with `trial`, on whose rows the activity was seen, zeros and dead units too.
std::string summary(const Model& model, const std::vector<LayerFacts>& layers, const Trial* trial = nullptr);

/// The object that `relume inspect --json` prints, from the same.
std::string summary_json(const Model& model, const std::vector<LayerFacts>& layers, const Trial* trial = nullptr);

}  // namespace relume::io
