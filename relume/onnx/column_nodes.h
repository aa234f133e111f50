// Private. A table's preprocessing as nodes of a graph.
#pragma once

#include <string>
#include <vector>

#include "relume/data/preprocess.h"
#include "relume/onnx/graph_writer.h"

namespace relume::onnx {

/// The features that the preprocessing makes of the columns in use, each an input of the graph by its name; the inputs'
/// names go to `inputs`.
Name write_columns(GraphWriter& graph, const data::Preprocessor& preprocessor, std::vector<std::string>& inputs);

}  // namespace relume::onnx
