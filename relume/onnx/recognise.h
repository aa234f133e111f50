// Private. The layers that a term of a graph's arithmetic is.
#pragma once

#include <optional>
#include <vector>

#include "relume/activation/activation.h"
#include "relume/infer/frozen.h"
#include "relume/onnx/expression.h"

namespace relume::onnx {

/// A layer that was found in a term.
struct Recognised {
  int place;  ///< the term behind the layer
  infer::FrozenLayer layer;
};

/// The layers that compute `root` from the variable, for rows of `width` values: scales, activations of the family with
/// whatever parameters stand in the term, slopes of PReLU. What a term is shows in its values at many points, so that
/// it does not matter how an exporter wrote it. Throws InputError, which names a node, where it is none of them.
std::vector<Recognised> layers_of(const Terms& terms, int root, std::int64_t width);

/// Whether the term is f of the variable, or of −variable.
bool is_activation(const Terms& terms, int root, const Activation& f, double sign = 1);

}  // namespace relume::onnx
