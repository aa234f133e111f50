// Small problems and runs for the tests of training.
#pragma once

#include <string_view>
#include <vector>

#include "relume/base/rng.h"
#include "relume/data/builtin.h"
#include "relume/train/trainer.h"

namespace relume::training {

struct Problem {
  io::Model model;
  data::Dataset dataset;
  data::Split split;
};

/// builtin:moons (two classes) or builtin:friedman (a number), every fifth row to validate, with a network of those
/// layers whose weights come from the seed.
inline Problem make_problem(std::string_view name, std::string_view layers, std::int64_t rows, std::uint64_t seed = 1,
                            std::uint64_t data_seed = 5) {
  const data::Table table = data::builtin(name, {.rows = rows, .seed = data_seed});
  const auto features = static_cast<std::int64_t>(table.columns.size()) - 1;
  const bool classes = name != "friedman";
  Problem p;
  p.dataset.features = empty({rows, features});
  p.dataset.targets = classes ? empty({rows}, int64) : empty({rows, 1});
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    for (std::int64_t j = 0; j < features; ++j)
      p.dataset.features.data<float>()[i * features + j] =
          static_cast<float>(table.columns[static_cast<std::size_t>(j)].numbers[row]);
    const double target = table.columns.back().numbers[row];
    if (classes)
      p.dataset.targets.data<std::int64_t>()[i] = static_cast<std::int64_t>(target);
    else
      p.dataset.targets.data<float>()[i] = static_cast<float>((target - 14) / 5);
    (i % 5 == 0 ? p.split.valid : p.split.train).push_back(i);
  }
  p.model.task = classes ? data::Task::classification : data::Task::regression;
  p.model.layers = nn::parse_architecture(layers);
  p.model.features = features;
  p.model.outputs = classes ? 2 : 1;
  p.model.target_scale = classes ? 1 : 5;
  Rng rng(seed);
  p.model.build(rng);
  return p;
}

/// The values of all parameters, one after the other.
inline std::vector<float> weights_of(const io::Model& model) {
  std::vector<float> all;
  for (const Tensor& parameter : model.network->parameters()) {
    const std::vector<float> values = parameter.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace relume::training
