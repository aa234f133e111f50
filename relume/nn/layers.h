// Public. The list of the layers: a new one is its own files, its include and, where it is a word, its name here.
#pragma once

#include "relume/base/type_list.h"
#include "relume/nn/activations.h"
#include "relume/nn/dropout.h"
#include "relume/nn/embedding.h"
#include "relume/nn/group_norm.h"
#include "relume/nn/linear.h"
#include "relume/nn/normalization.h"
#include "relume/nn/residual.h"
#include "relume/nn/sequential.h"

namespace relume::nn {

/// What an architecture has a word for: `word` is its name, from_word() makes the layer where it stands, and
/// size_of_word() tells of one with parameters what that would take: a description alone must not make anybody
/// allocate.
using LayersWithWords = TypeList<Linear, Dropout, Flatten, BatchNorm1d, LayerNorm, GroupNorm, PReLU>;

}  // namespace relume::nn
