#include "relume/train/activity_penalty.h"

#include "relume/ops/arithmetic.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/train/options.h"

namespace relume::training {

ActivityPenalty::ActivityPenalty(nn::Module& network, double weight) : weight_(weight) {
  for (const auto& [name, activate] : health::named_activations(network)) {
    if (health::kind_of(activate->activation()) != health::ActivationKind::rectifier) continue;
    hooks_.emplace_back(activate, activate->add_hook([this](const nn::Module& module, const Tensor& output) {
      if (module.is_training()) outputs_.push_back(output);
    }));
  }
  if (hooks_.empty())
    throw OptionError({"sparsity"}, "train: sparsity is for layers behind relu and its like, and the network has none");
}

ActivityPenalty::~ActivityPenalty() {
  for (const auto& [module, hook] : hooks_) module->remove_hook(hook);
}

Tensor ActivityPenalty::added_to(const Tensor& loss) {
  Tensor all = loss;
  for (const Tensor& output : std::exchange(outputs_, {})) all = all + mean(abs(output)) * weight_;
  return all;
}

}  // namespace relume::training
