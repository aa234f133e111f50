// Public. A model's units, weights and gradients on data, and what helps where they are sick.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/health/finding.h"
#include "relume/health/measurements.h"
#include "relume/health/revive.h"
#include "relume/health/thresholds.h"
#include "relume/io/model.h"
#include "relume/io/trial.h"

namespace relume::training {

/// A linear layer with the activation after it, where there is one.
struct LayerState {
  std::string name;  ///< the activation's, "relu1", or "linear 4"
  std::int64_t units = 0;
  double weight_rms = 0, gradient_rms = 0;  ///< √ mean of squares
  std::optional<health::LayerActivity> activity = {};
};

/// How dead units are treated.
enum class Fix : std::uint8_t {
  remove,  ///< they are taken out: a smaller network with the same function
  revive,  ///< health::revive(): the same function until it is trained on
};

/// A model that was treated.
struct Fixed {
  io::Model model;
  Fix how = Fix::remove;
  health::Treated units = {};  ///< how many of which layer
  std::int64_t parameters_before = 0, parameters = 0;
  double largest_difference = 0;    ///< of the outputs on the examination's rows
  std::filesystem::path path = {};  ///< where save() has put the model

  /// The model into a file, whole or not at all. Throws FileError.
  void save(const std::filesystem::path& file);
};

/// What was seen of a model on some rows.
struct Examination {
  io::Model model;
  io::Trial trial;  ///< the rows
  health::Thresholds thresholds;
  health::Measurements measurements = {};
  std::vector<LayerState> layers = {};                               ///< from the input to the output
  std::vector<health::Finding> findings = {};                        ///< worst first
  std::vector<std::pair<std::string, std::string>> not_judged = {};  ///< rules that cannot tell, and why

  /// No warning and no error.
  bool is_healthy() const;
  /// What is lacking for a verdict on the units: empty where the rows are enough.
  std::string too_little_evidence() const;
  /// How many units of the layer a rule ("dead_units") is about, be they too few for a finding.
  std::int64_t count(const LayerState& layer, std::string_view rule) const;
  /// A treated copy of the model, after a proof on the rows that it says the same. Throws Error where it does not.
  Fixed fix(Fix how) const;
  /// The object that `relume doctor --json` prints, remedies in that voice; `name` is the model's, `fixed` what was
  /// made of it.
  std::string json(health::Voice voice = health::Voice::options, std::string_view name = {},
                   const Fixed* fixed = nullptr) const;
};

/// Runs the model over the rows, and the gradient of its loss over some of them.
Examination examine(const io::Model& model, io::Trial trial, const health::Thresholds& thresholds = {});

}  // namespace relume::training
