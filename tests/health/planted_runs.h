// Trainings with a fault planted in each, and healthy ones: what the rules and the cures are measured by.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relume/health/monitor.h"
#include "relume/nn/linear.h"
#include "relume/nn/sequential.h"

namespace relume::health::planted {

struct Recipe {
  std::string data = "moons";  ///< moons, circles, spirals or friedman
  std::string layers = "linear(16) relu linear(16) relu";
  std::string optimizer = "adam";
  double lr = 5e-3;
  std::uint64_t seed = 1;  ///< of the rows, the weights and their order
  std::int64_t rows = 800;
  std::int64_t batch = 32;
  std::int64_t epochs = 16;
};

/// A training while it runs: four fifths of the rows, the others validate.
struct Training {
  explicit Training(const Recipe& recipe);

  Tensor loss(const Tensor& features, const Tensor& targets) const;
  /// What goes into the layer of that place in the network, for all rows.
  Tensor input_of(std::size_t place) const;
  /// The linear layer before the n-th activation, from 0, and its place in the network.
  nn::Linear& linear(std::size_t n) const;
  std::size_t place_of_linear(std::size_t n) const;

  Recipe recipe;
  bool regression;
  std::shared_ptr<nn::Sequential> network;
  Tensor x, y, x_valid, y_valid;
  std::unique_ptr<optim::Optimizer> optimizer;
};

/// One training and what is done to it.
struct Case {
  std::string rule;   ///< what must be found; empty where nothing is planted
  std::string layer;  ///< where; empty: anywhere
  std::string name;
  Recipe recipe;
  std::function<void(Training&)> before = {};                 ///< the first step
  std::function<void(Training&, std::int64_t)> at_step = {};  ///< before it is taken, counted from 0
  std::function<void(Training&)> after = {};                  ///< the last step, before units are counted
};

/// Eight with a fault for every rule, and twenty without any.
const std::vector<Case>& cases();

struct Outcome {
  std::vector<Finding> findings;
  std::vector<LayerActivity> activity;  ///< over all rows
  std::unique_ptr<Training> training;
};

/// Trains as a hand-written loop with a Monitor does. `observe` is called after each 16th step and after the one that
/// failed, while its gradients are there.
Outcome run(const Case& one, const std::function<void(Training&)>& observe = {});

/// The units of the n-th activation that the rule is about, counted in double precision by the definitions: dead_units,
/// near_dead_units and always_on_layer of relu, saturated_units of tanh and sigmoid.
std::vector<std::int64_t> units_by_definition(const Training& training, std::size_t n, const std::string& rule);

}  // namespace relume::health::planted
