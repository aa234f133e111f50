// Public. One pool of threads, shared by all who call.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"

namespace relume {

/// Threads that operations may use from now on; at least 1. The start value is OMP_NUM_THREADS or processors().
void set_num_threads(int threads);
int num_threads();

/// Calls body(begin, end) on pieces of [0, n), which threads take that get at least `grain` each, the first one here.
/// body(0, n) is called here where n <= grain, inside of another, or where no help pays. Rethrows what body throws.
void parallel_for(std::int64_t n, std::int64_t grain, FunctionRef<void(std::int64_t, std::int64_t)> body);

}  // namespace relume
