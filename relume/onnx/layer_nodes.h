// Private. A frozen network's layers as nodes of a graph.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/infer/frozen.h"
#include "relume/onnx/graph_writer.h"

namespace relume::onnx {

/// What the network makes of `x`, rows of `frozen.inputs` values.
Name write_layers(GraphWriter& graph, const infer::Frozen& frozen, Name x);

}  // namespace relume::onnx
