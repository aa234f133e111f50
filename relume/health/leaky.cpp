#include "relume/health/leaky.h"

#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/unit_activity.h"

namespace relume::health {

std::int64_t make_leaky(nn::Sequential& network, std::vector<nn::LayerSpec>& architecture,
                        std::span<const std::string> layers) {
  require(network.size() == architecture.size() + 1, "leaky: {} modules were not built from {} layers", network.size(),
          architecture.size());
  std::int64_t changed = 0;
  for (const auto& [name, activate] : named_activations(network)) {
    if (std::find(layers.begin(), layers.end(), name) == layers.end()) continue;
    if (kind_of(activate->activation()) != ActivationKind::rectifier) continue;
    for (std::size_t i = 0; i < architecture.size(); ++i)
      if (activate == &network[i]) architecture[i] = {"leaky_relu", ""};
    const bool training = activate->is_training();
    *activate = nn::Activate("leaky_relu");
    activate->train(training);
    ++changed;
  }
  return changed;
}

}  // namespace relume::health
