// Public. The optimizers by name.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/optim/optimizer.h"

namespace relume::optim {

/// What a run tells its optimizer; each takes what it knows.
struct Settings {
  double lr = 1e-3;
  double weight_decay = 0;
  double momentum = 0;    ///< sgd
  bool nesterov = false;  ///< sgd
};

struct OptimizerEntry {
  const OptimizerInfo& info;
  std::unique_ptr<Optimizer> (*make)(std::vector<Tensor> parameters, const Settings& settings);
};

/// Every optimizer of optim/family.h, in its order.
std::span<const OptimizerEntry> optimizers();
/// The optimizer of that name. Throws ValueError that lists the names.
const OptimizerEntry& find_optimizer(std::string_view name);
/// {"adam", "adamw", …}
std::vector<std::string> optimizer_names();
/// The rates of optimizers that are told none, in words: "0.001; sgd 0.05, adagrad 0.02".
std::string usual_rates();
/// The same of weight decays: "0; adamw 0.1".
std::string usual_weight_decays();

}  // namespace relume::optim
