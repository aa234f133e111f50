#include "relume/train/optimizer_by_name.h"

#include "relume/base/require.h"
#include "relume/optim/adagrad.h"
#include "relume/optim/adam.h"
#include "relume/optim/rmsprop.h"
#include "relume/optim/sgd.h"

namespace relume::training {

std::unique_ptr<optim::Optimizer> make_optimizer(const Options& o, std::vector<Tensor> parameters) {
  const optim::AdamOptions adam{.lr = o.lr, .weight_decay = o.weight_decay};
  if (o.optimizer == "adam") return std::make_unique<optim::Adam>(std::move(parameters), adam);
  if (o.optimizer == "adamw") return std::make_unique<optim::AdamW>(std::move(parameters), adam);
  if (o.optimizer == "sgd")
    return std::make_unique<optim::SGD>(
        std::move(parameters),
        optim::SgdOptions{.lr = o.lr, .momentum = o.momentum, .weight_decay = o.weight_decay, .nesterov = o.nesterov});
  if (o.optimizer == "rmsprop")
    return std::make_unique<optim::RMSprop>(std::move(parameters),
                                            optim::RmspropOptions{.lr = o.lr, .weight_decay = o.weight_decay});
  if (o.optimizer == "adagrad")
    return std::make_unique<optim::Adagrad>(std::move(parameters),
                                            optim::AdagradOptions{.lr = o.lr, .weight_decay = o.weight_decay});
  fail("optimizer: \"{}\" is not one of adam, adamw, sgd, rmsprop, adagrad", o.optimizer);
}

}  // namespace relume::training
