// Public. The list of the optimizers: a new one is its own file, its include and its name here.
#pragma once

#include "relume/base/type_list.h"
#include "relume/optim/adagrad.h"
#include "relume/optim/adam.h"
#include "relume/optim/lion.h"
#include "relume/optim/nadam.h"
#include "relume/optim/rmsprop.h"
#include "relume/optim/sgd.h"

namespace relume::optim {

using Family = TypeList<Adam, AdamW, SGD, RMSprop, Adagrad, NAdam, Lion>;

}  // namespace relume::optim
