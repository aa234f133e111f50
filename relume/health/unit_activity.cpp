#include "relume/health/unit_activity.h"

#include <algorithm>

#include "relume/nn/activations.h"

namespace relume::health {
namespace {

/// Whether a unit can be off for good: no gradient on the far left, some on the right.
bool can_die(const Activation& f) {
  const activation::Entry& entry = f.entry();
  return entry.kind == activation::Kind::elementwise && entry.derivative(-1e3, f.parameters()) == 0 &&
         entry.scalar(-1e3, f.parameters()) == 0 && entry.derivative(1, f.parameters()) != 0;
}

void count(LayerActivity& layer, const Tensor& y) {
  if (y.dtype() != DType::float32 || !y.is_contiguous() || y.dimensions() == 0 || y.size(-1) == 0) return;
  const std::int64_t units = y.size(-1), rows = y.elements() / units;
  layer.fired.resize(static_cast<std::size_t>(units));
  layer.rows += rows;
  const float* row = y.data<float>();
  for (std::int64_t r = 0; r < rows; ++r, row += units)
    for (std::int64_t j = 0; j < units; ++j) layer.fired[static_cast<std::size_t>(j)] += row[j] > 0;
}

}  // namespace

std::vector<std::int64_t> LayerActivity::dead_units() const {
  std::vector<std::int64_t> dead;
  for (std::size_t j = 0; j < fired.size() && rows > 0; ++j)
    if (fired[j] == 0) dead.push_back(static_cast<std::int64_t>(j));
  return dead;
}

UnitActivity::UnitActivity(nn::Module& network) { attach(network); }

UnitActivity::~UnitActivity() {
  for (const auto& [module, hook] : hooks_) module->remove_hook(hook);
}

void UnitActivity::attach(nn::Module& module) {
  if (auto* activate = dynamic_cast<nn::Activate*>(&module); activate && can_die(activate->activation())) {
    const std::string name(activate->activation().name());
    const auto number =
        1 + std::count_if(layers_.begin(), layers_.end(), [&](const LayerActivity& layer) {
          return layer.layer.starts_with(name) && layer.layer.find_first_of("0123456789", name.size()) == name.size();
        });
    const std::size_t index = layers_.size();
    layers_.push_back({name + std::to_string(number), 0, {}});
    hooks_.emplace_back(
        &module, module.add_hook([this, index](const nn::Module&, const Tensor& y) { count(layers_[index], y); }));
  }
  for (const auto& [name, child] : module.children()) attach(*child);
}

double UnitActivity::dead_share() const {
  double dead = 0, units = 0;
  for (const LayerActivity& layer : layers_) {
    dead += static_cast<double>(layer.dead_units().size());
    units += static_cast<double>(layer.fired.size());
  }
  return units > 0 ? dead / units : 0;
}

void UnitActivity::reset() {
  for (LayerActivity& layer : layers_) {
    layer.rows = 0;
    std::fill(layer.fired.begin(), layer.fired.end(), 0);
  }
}

}  // namespace relume::health
