// Private. A layer's product for inference: few rows, weights that were laid out once.
//
// y = x Wᵀ + b row by row. W is laid out in panels of so many outputs as the vector registers of a few sums hold;
// within a panel the weights of one input lie beside each other:
//
//   for each panel:  sum[·] = b[panel];  for each input p:  sum[·] += x[p] · panel[p][·];  y[panel] = sum[·]
//
// A sum alone would wait for its last addition at each step. So the inputs are cut into as many equal parts as keep
// eight vectors of sums under way, each part is summed in its order, and then the parts, neighbours first. That is the
// order for a single row and for many: a row's bits do not depend on what else is computed with it.
#pragma once

#include "relume/kernels/panels_table.h"

namespace relume::kernels {

/// For the level in use; what one has packed no other can read.
inline const PanelTable& panels() { return RELUME_CHOOSE_TABLE(panel_table); }

}  // namespace relume::kernels
