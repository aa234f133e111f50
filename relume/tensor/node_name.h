// Private. The seam through which printing learns the name of the operation that made a tensor.
#pragma once

#include <string>

namespace relume {

class Node;

/// "ReluBackward0". Defined in autograd/node.cpp.
std::string node_name(const Node& node);

}  // namespace relume
