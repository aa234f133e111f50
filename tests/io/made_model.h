// A model as the training makes it, of a table.
#pragma once

#include <string>

#include "relume/base/rng.h"
#include "relume/data/open.h"
#include "relume/io/model.h"
#include "relume/nn/architecture.h"

namespace relume::io {

/// With the weights of chance: what it says is compared, not judged.
inline Model made_model(const data::Table& table, const std::string& target,
                        const std::string& layers = "linear(8) relu") {
  const data::Prepared prepared = data::prepare(table, {.target = target});
  Model model;
  model.preprocessor = prepared.preprocessor;
  model.task = prepared.preprocessor.target().task();
  model.labels = prepared.preprocessor.target().labels();
  model.features = prepared.preprocessor.features();
  model.outputs = model.task == data::Task::regression ? 1 : std::ssize(model.labels);
  model.target_mean = prepared.preprocessor.target().mean();
  model.target_scale = prepared.preprocessor.target().scale();
  model.layers = nn::parse_architecture(layers);
  Rng rng(5);
  model.build(rng);
  return model;
}

}  // namespace relume::io
