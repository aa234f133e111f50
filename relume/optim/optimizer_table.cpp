#include "relume/optim/optimizer_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/optim/family.h"

namespace relume::optim {
namespace {

template <class O>
std::unique_ptr<Optimizer> make(std::vector<Tensor> parameters, const Settings& settings) {
  typename O::Options options = O::defaults();
  options.lr = settings.lr;
  options.weight_decay = settings.weight_decay;
  if constexpr (requires { options.nesterov; }) {
    options.momentum = settings.momentum;
    options.nesterov = settings.nesterov;
  }
  return std::make_unique<O>(std::move(parameters), options);
}

template <class... O>
constexpr std::array<OptimizerEntry, sizeof...(O)> entries(TypeList<O...>) {
  return {OptimizerEntry{O::info, &make<O>}...};
}

constexpr auto all = entries(Family());

/// The number that most have, then the others with their names.
std::string usual(double OptimizerInfo::*number, double most) {
  std::string text = fmt::format("{:g}", most);
  const char* separator = "; ";
  for (const OptimizerEntry& entry : all)
    if (entry.info.*number != most) {
      text += fmt::format("{}{} {:g}", separator, entry.info.name, entry.info.*number);
      separator = ", ";
    }
  return text;
}

}  // namespace

std::span<const OptimizerEntry> optimizers() { return all; }

const OptimizerEntry& find_optimizer(std::string_view name) {
  const auto* found =
      std::find_if(all.begin(), all.end(), [&](const OptimizerEntry& e) { return e.info.name == name; });
  require(found != all.end(), "optimizer: \"{}\" is not one of {}", name, fmt::join(optimizer_names(), ", "));
  return *found;
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerEntry& entry : all) names.emplace_back(entry.info.name);
  return names;
}

std::string usual_rates() { return usual(&OptimizerInfo::lr, 1e-3); }
std::string usual_weight_decays() { return usual(&OptimizerInfo::weight_decay, 0); }

}  // namespace relume::optim
