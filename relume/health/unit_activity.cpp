#include "relume/health/unit_activity.h"

#include <algorithm>
#include <cmath>

#include "relume/autograd/node.h"
#include "relume/kernels/count_bits.h"
#include "relume/ops/activation.h"

namespace relume::health {
namespace {

constexpr double far = 1e3;
constexpr double saturated_slope = 0.05;  // of the largest slope
constexpr std::size_t most_uses = 16;     // of one module that are told apart

double largest_slope(const Activation& f) {
  double largest = 0;
  for (double x = -10; x <= 10; x += 0.01)
    largest = std::max(largest, std::fabs(f.entry().derivative(x, f.parameters())));
  return largest;
}

/// count[j] += the rows whose value in column j holds.
template <class T, class Holds>
void count_columns(const T* row, std::int64_t rows, std::vector<std::int64_t>& count, Holds holds) {
  const std::size_t units = count.size();
  // 32-bit counts next to each other keep the inner loop in vector registers.
  std::vector<std::int32_t> part(units);
  for (std::int64_t r = 0; r < rows; ++r, row += units)
    for (std::size_t j = 0; j < units; ++j) part[j] += holds(row[j]) ? 1 : 0;
  for (std::size_t j = 0; j < units; ++j) count[j] += part[j];
}

bool holds_rows(const Tensor& y) {
  return (y.dtype() == DType::float32 || y.dtype() == DType::float64) && y.is_contiguous() && y.dimensions() > 0 &&
         y.elements() > 0;
}

void collect(nn::Module& module, std::vector<std::pair<std::string, nn::Activate*>>& into) {
  if (auto* activate = dynamic_cast<nn::Activate*>(&module);
      activate && activate->activation().entry().kind == activation::Kind::elementwise &&
      std::none_of(into.begin(), into.end(), [&](const auto& other) { return other.second == activate; })) {
    const std::string_view name = activate->activation().name();
    const auto before = std::count_if(into.begin(), into.end(),
                                      [&](const auto& other) { return other.second->activation().name() == name; });
    into.emplace_back(std::string(name) + std::to_string(before + 1), activate);
  }
  for (const auto& [name, child] : module.children()) collect(*child, into);
}

}  // namespace

std::vector<std::pair<std::string, nn::Activate*>> named_activations(nn::Module& network) {
  std::vector<std::pair<std::string, nn::Activate*>> result;
  collect(network, result);
  return result;
}

ActivationKind kind_of(const Activation& f) {
  const activation::Entry& entry = f.entry();
  if (entry.kind != activation::Kind::elementwise) return ActivationKind::other;
  const auto value = [&](double x) { return entry.scalar(x, f.parameters()); };
  const auto slope = [&](double x) { return std::fabs(entry.derivative(x, f.parameters())); };
  if (value(-10) == 0 && slope(-10) == 0 && slope(5) != 0) return ActivationKind::rectifier;
  const double flat = saturated_slope * largest_slope(f);
  const bool bounded = std::fabs(value(-far)) < far / 10 && std::fabs(value(far)) < far / 10;
  return bounded && slope(-far) < flat && slope(far) < flat ? ActivationKind::bounded : ActivationKind::other;
}

std::vector<std::int64_t> LayerActivity::dead_units() const {
  std::vector<std::int64_t> dead;
  if (kind != ActivationKind::rectifier || rows == 0) return dead;
  for (std::size_t j = 0; j < fired.size(); ++j)
    if (fired[j] == 0) dead.push_back(static_cast<std::int64_t>(j));
  return dead;
}

double LayerActivity::sparsity() const {
  if (rows == 0 || fired.empty()) return 0;
  double sum = 0;
  for (const std::int64_t f : fired) sum += static_cast<double>(f);
  return 1 - sum / (static_cast<double>(rows) * static_cast<double>(fired.size()));
}

UnitActivity::UnitActivity(nn::Module& network) {
  for (const auto& [name, activate] : named_activations(network)) {
    watched_.push_back(std::make_unique<Watched>(watched(name, activate->activation())));
    Watched& layer = *watched_.back();
    layer.uses.push_back(layers_.size());
    layers_.push_back({name, layer.kind});
    hooks_.emplace_back(activate, activate->add_hook([this, &layer](const nn::Module&, const Tensor& y) {
      if (counting_) count_rows(layer, y);
    }));
  }
  hooks_.emplace_back(&network, network.add_hook([this](const nn::Module&, const Tensor&) { end_pass(); }));
}

UnitActivity::~UnitActivity() {
  for (const auto& [module, hook] : hooks_) module->remove_hook(hook);
}

void UnitActivity::end_pass() {
  for (const auto& layer : watched_) layer->used = 0;
}

namespace {

/// Whether the bit that backward() keeps of x, "there is a slope here", says as well that f(x) is not 0.
bool bits_say_firing(const Activation& f) {
  if (f.entry().saves != activation::Saves::mask || kind_of(f) != ActivationKind::rectifier) return false;
  for (double x = -10; x <= 10; x += 0.01)
    if ((f.entry().scalar(x, f.parameters()) != 0) != (f.entry().derivative(x, f.parameters()) != 0)) return false;
  return true;
}

}  // namespace

UnitActivity::Watched UnitActivity::watched(std::string name, const Activation& f) {
  Watched result{std::move(name), kind_of(f), {}, bits_say_firing(f)};
  if (result.kind == ActivationKind::bounded) result.bounds = saturation_bounds(f);
  return result;
}

LayerActivity& UnitActivity::layer_of_next_use(Watched& layer) {
  const std::size_t use = std::min(layer.used++, most_uses - 1);
  if (use == layer.uses.size()) {
    layer.uses.push_back(layers_.size());
    layers_.push_back({layer.name + ":" + std::to_string(use + 1), layer.kind});
  }
  return layers_[layer.uses[use]];
}

/// Where the slope falls under 5 % of its maximum, seen from the steepest part, as values of f.
UnitActivity::Bounds UnitActivity::saturation_bounds(const Activation& f) {
  const double flat = saturated_slope * largest_slope(f);
  const auto slope = [&](double x) { return std::fabs(f.entry().derivative(x, f.parameters())); };
  double low = -100, high = 100;
  while (low < 100 && slope(low) < flat) low += 0.01;
  while (high > -100 && slope(high) < flat) high -= 0.01;
  return {f.entry().scalar(low, f.parameters()), f.entry().scalar(high, f.parameters())};
}

void UnitActivity::count_rows(Watched& watched, const Tensor& y) {
  if (!holds_rows(y)) return;
  LayerActivity& layer = layer_of_next_use(watched);
  const std::int64_t units = y.size(-1), rows = y.elements() / units;
  if (static_cast<std::int64_t>(layer.fired.size()) != units) {  // a network that takes rows of another width now
    layer.rows = 0;
    layer.fired.assign(static_cast<std::size_t>(units), 0);
    layer.saturated.assign(static_cast<std::size_t>(units), 0);
  }
  layer.rows += rows;
  if (const KeptBits kept = watched.bits_say_firing ? kept_bits(y) : KeptBits{}; kept.bits.defined()) {
    kernels::count_bits(kept.bits.data<std::uint8_t>(), rows, kept.stride, units, layer.fired.data());
    return;
  }
  visit_float(
      y.dtype(),
      [&]<class T>() {
        const T low = static_cast<T>(watched.bounds.low), high = static_cast<T>(watched.bounds.high);
        count_columns(y.data<T>(), rows, layer.fired, [](T v) { return v != 0; });
        if (layer.kind == ActivationKind::bounded)
          count_columns(y.data<T>(), rows, layer.saturated, [=](T v) { return !(v > low && v < high); });
      },
      [] {});
}

double UnitActivity::dead_share() const {
  double dead = 0, units = 0;
  for (const LayerActivity& layer : layers_) {
    if (layer.kind != ActivationKind::rectifier) continue;
    dead += static_cast<double>(layer.dead_units().size());
    units += static_cast<double>(layer.fired.size());
  }
  return units > 0 ? dead / units : 0;
}

void UnitActivity::reset() {
  for (LayerActivity& layer : layers_) {
    layer.rows = 0;
    std::fill(layer.fired.begin(), layer.fired.end(), 0);
    std::fill(layer.saturated.begin(), layer.saturated.end(), 0);
  }
}

}  // namespace relume::health
