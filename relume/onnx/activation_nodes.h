// Private. An activation as nodes of a graph.
#pragma once

#include <cstdint>

#include "relume/activation/activation.h"
#include "relume/onnx/graph_writer.h"

namespace relume::onnx {

/// f(x) of an activation of whatever kind, of rows of `width` values: by the operator that its own file names where the
/// opset has it, else as its formula says. Throws InputError for a user's own.
Name write_activation(GraphWriter& graph, const Activation& f, const Name& x, std::int64_t width);

}  // namespace relume::onnx
