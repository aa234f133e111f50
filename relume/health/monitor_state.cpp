// What a monitor remembers, as tensors and JSON.
#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/parse_json.h"
#include "relume/health/monitor.h"

namespace relume::health {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t plain_numbers = 6;  // of a check, before those of its weights

Tensor to_tensor(const std::vector<Check>& checks, std::size_t weights) {
  const auto width = plain_numbers + 2 * static_cast<std::int64_t>(weights);
  Tensor result = empty({static_cast<std::int64_t>(checks.size()), width}, DType::float64);
  double* out = checks.empty() ? nullptr : result.data<double>();
  for (const Check& c : checks) {
    for (const double v : {static_cast<double>(c.step), c.loss, c.smoothed_loss, c.lowest_loss, c.lr, c.gradient_norm})
      *out++ = v;
    for (const WeightCheck& w : c.weights) *out++ = w.gradient_rms, *out++ = w.update_ratio;
  }
  return result;
}

std::vector<Check> to_checks(const Tensor& tensor, std::size_t weights) {
  const auto width = plain_numbers + 2 * static_cast<std::int64_t>(weights);
  require<InputError>(
      tensor.defined() && tensor.dtype() == DType::float64 && tensor.dimensions() == 2 && tensor.size(1) == width,
      "monitor: its checks are not those of a network with {} weight matrices", weights);
  std::vector<Check> checks(static_cast<std::size_t>(tensor.size(0)));
  const double* in = checks.empty() ? nullptr : tensor.data<double>();
  for (Check& c : checks) {
    c.step = static_cast<std::int64_t>(in[0]);
    c.loss = in[1], c.smoothed_loss = in[2], c.lowest_loss = in[3], c.lr = in[4], c.gradient_norm = in[5];
    in += plain_numbers;
    c.weights.resize(weights);
    for (WeightCheck& w : c.weights) w.gradient_rms = *in++, w.update_ratio = *in++;
  }
  return checks;
}

/// JSON has no NaN and no infinity; what was not finite comes back as NaN.
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json to_json(const Finding& f) {
  return {{"rule", f.rule},
          {"severity", static_cast<int>(f.severity)},
          {"layer", f.layer},
          {"units", f.units},
          {"step", f.step},
          {"evidence", f.evidence},
          {"cause", f.cause},
          {"remedy", f.remedy.text},
          {"options", f.remedy.options},
          {"in_loop", f.in_loop}};
}

Finding to_finding(const Json& j) {
  Finding f;
  f.rule = j.at("rule");
  f.severity = static_cast<Severity>(std::clamp(j.at("severity").get<int>(), 0, 2));
  f.layer = j.at("layer");
  f.units = j.at("units").get<std::vector<std::int64_t>>();
  f.step = j.at("step");
  for (const Json& pair : j.at("evidence")) f.evidence.emplace_back(pair.at(0), number(pair.at(1)));
  f.cause = j.at("cause");
  f.remedy.text = j.at("remedy");
  f.remedy.options = j.at("options").get<std::vector<std::pair<std::string, std::string>>>();
  f.in_loop = j.at("in_loop");
  return f;
}

}  // namespace

MonitorState Monitor::state() const {
  const auto rows = static_cast<std::int64_t>(measurements_.epochs.size());
  Tensor epochs = empty({rows, 2}, DType::float64);
  for (std::int64_t i = 0; i < rows; ++i) {
    const EpochLoss& e = measurements_.epochs[static_cast<std::size_t>(i)];
    epochs.data<double>()[2 * i] = e.train;
    epochs.data<double>()[2 * i + 1] = e.valid.value_or(std::numeric_limits<double>::quiet_NaN());
  }
  Json recorded = Json::array();
  for (const Recorded& r : recorded_) recorded.push_back({to_json(r.finding), r.loss});
  Json dead_since = Json::array();
  for (const LayerActivity& layer : measurements_.activity) dead_since.push_back({layer.layer, layer.dead_since});
  const auto& not_finite = measurements_.not_finite_step;
  Json json = {{"steps", steps_},
               {"smoothed", smoothed_},
               {"smoothing", smoothing_},
               {"lowest", lowest_},
               {"first_loss", measurements_.first_loss},
               {"full_lr", measurements_.full_lr},
               {"not_finite_step", not_finite ? Json(*not_finite) : Json()},
               {"dead_since", dead_since},
               {"recorded", recorded}};
  return {{{"checks", to_tensor(measurements_.checks, weights_.size())}, {"epochs", epochs}}, json.dump()};
}

void Monitor::restore(const MonitorState& state) {
  const auto find = [&](std::string_view name) {
    for (const auto& [key, tensor] : state.tensors)
      if (key == name) return tensor;
    return Tensor();
  };
  try {
    const Json j = data::parse_json(state.text);
    measurements_.checks = to_checks(find("checks"), weights_.size());
    measurements_.epochs.clear();
    const Tensor epochs = find("epochs");
    require<InputError>(
        epochs.defined() && epochs.dtype() == DType::float64 && epochs.dimensions() == 2 && epochs.size(1) == 2,
        "monitor: the losses of its epochs are damaged");
    for (std::int64_t i = 0; i < epochs.size(0); ++i) {
      const double* row = epochs.data<double>() + 2 * i;
      measurements_.epochs.push_back({row[0], row[1] == row[1] ? std::optional(row[1]) : std::nullopt});
    }
    steps_ = window_began_ = j.at("steps");
    smoothed_ = number(j.at("smoothed"));
    smoothing_ = number(j.at("smoothing"));
    lowest_ = j.at("lowest").is_null() ? std::numeric_limits<double>::infinity() : j.at("lowest").get<double>();
    measurements_.first_loss = number(j.at("first_loss"));
    measurements_.full_lr = number(j.at("full_lr"));
    measurements_.not_finite_step.reset();
    if (!j.at("not_finite_step").is_null()) measurements_.not_finite_step = j.at("not_finite_step");
    measurements_.activity.clear();
    for (const Json& layer : j.at("dead_since")) {
      LayerActivity& known = measurements_.activity.emplace_back();
      known.layer = layer.at(0);
      known.dead_since = layer.at(1).get<std::vector<std::int64_t>>();
      known.fired.resize(known.dead_since.size());  // no rows yet: the rules do not judge by it
    }
    recorded_.clear();
    for (const Json& r : j.at("recorded")) recorded_.push_back({to_finding(r.at(0)), number(r.at(1))});
  } catch (const Json::exception& error) {
    fail<InputError>("monitor: its state is damaged: {}", error.what());
  }
}

}  // namespace relume::health
