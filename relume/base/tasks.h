// Private. A few tasks that each take seconds.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"

namespace relume {

/// parallel_for(n, 1, body), but that other threads are asked for help however little they saved before.
void parallel_tasks(std::int64_t n, FunctionRef<void(std::int64_t, std::int64_t)> body);

}  // namespace relume
