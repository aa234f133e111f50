#include "relume/train/optimizer_by_name.h"

#include "relume/optim/optimizer_table.h"

namespace relume::training {

std::unique_ptr<optim::Optimizer> make_optimizer(const Options& o, std::vector<Tensor> parameters) {
  return optim::find_optimizer(o.optimizer)
      .make(std::move(parameters),
            {.lr = o.lr, .weight_decay = o.weight_decay, .momentum = o.momentum, .nesterov = o.nesterov});
}

}  // namespace relume::training
