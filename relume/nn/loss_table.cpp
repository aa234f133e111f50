#include "relume/nn/loss_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"

namespace relume::nn {
namespace {

Tensor shares_of_classes(const Tensor& target, std::int64_t outputs) {
  std::vector<double> counts(static_cast<std::size_t>(outputs));
  for (const std::int64_t k : target.to_vector<std::int64_t>()) ++counts[static_cast<std::size_t>(k)];
  for (double& count : counts) count = std::log(std::max(count, 1.0) / static_cast<double>(target.elements()));
  return from_vector(counts, Shape{1, outputs});
}

Tensor mean_of(const std::vector<double>& y) {
  return full({1, 1}, std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size()), DType::float64);
}

Tensor mean_target(const Tensor& target, std::int64_t) { return mean_of(target.to_vector<double>()); }

Tensor median_target(const Tensor& target, std::int64_t) {
  std::vector<double> y = target.to_vector<double>();
  const auto middle = y.begin() + std::ssize(y) / 2;
  std::nth_element(y.begin(), middle, y.end());
  return full({1, 1}, *middle, DType::float64);
}

/// The mean of the targets, those farther away than 1 drawn to it: where the slopes add up to 0.
Tensor huber_target(const Tensor& target, std::int64_t) {
  constexpr int steps = 200;
  std::vector<double> y = target.to_vector<double>();
  double at = median_target(target, 1).item<double>();
  for (int i = 0; i < steps; ++i) {
    double away = 0;
    for (const double value : y) away += std::clamp(value - at, -1.0, 1.0);
    at += away / static_cast<double>(y.size());
  }
  return full({1, 1}, at, DType::float64);
}

// The list of the losses: a new one is its function in loss.h, or in a file of its own, and a row here.
constexpr std::array all = {
    LossEntry{"cross_entropy", "cross_entropy", true, true, "-log softmax(x)[t]", nullptr, 0,
              [](const Tensor& x, const Tensor& t, const LossSettings& s, double) {
                return cross_entropy(x, t, {s.class_weights, s.label_smoothing, -100, s.reduction});
              },
              shares_of_classes},
    LossEntry{"focal", "focal_loss", true, false,
              "-(1 - p)^gamma log p, p = softmax(x)[t]: rows that are right already count little", "gamma", 2,
              [](const Tensor& x, const Tensor& t, const LossSettings& s, double gamma) {
                return focal_loss(x, t, {gamma, s.class_weights, s.reduction});
              },
              nullptr},
    LossEntry{
        "mse", "mse_loss", false, false, "(x - y)²", nullptr, 0,
        [](const Tensor& x, const Tensor& y, const LossSettings& s, double) { return mse_loss(x, y, s.reduction); },
        mean_target},
    LossEntry{
        "mae", "l1_loss", false, false, "|x - y|", nullptr, 0,
        [](const Tensor& x, const Tensor& y, const LossSettings& s, double) { return l1_loss(x, y, s.reduction); },
        median_target},
    LossEntry{"huber", "huber_loss", false, false,
              "d²/2 where |d| < delta and delta (|d| - delta/2) elsewhere, d = x - y", "delta", 1,
              [](const Tensor& x, const Tensor& y, const LossSettings& s, double delta) {
                return huber_loss(x, y, delta, s.reduction);
              },
              huber_target},
};

}  // namespace

std::span<const LossEntry> losses() { return all; }

const LossEntry& find_loss(std::string_view name, bool of_classes) {
  std::string fitting;
  for (const LossEntry& entry : all) {
    if (entry.of_classes != of_classes) continue;
    if (name.empty() || name == entry.name) return entry;
    fitting += (fitting.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail("loss: \"{}\" is not one of {}, which {} take", name, fitting, of_classes ? "classes" : "numbers");
}

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const LossEntry& entry : all) names.emplace_back(entry.name);
  return names;
}

}  // namespace relume::nn
