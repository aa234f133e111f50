// One pool of threads: OpenMP's.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"

namespace relume {

/// Threads that operations may use from now on; at least 1. The start value is OMP_NUM_THREADS or the number of cores.
void set_num_threads(int threads);
int num_threads();

/// Calls body(begin, end) on parts of [0, n), each of at least `grain` but the last; on this thread alone where
/// n <= grain, one thread is set, or it already runs inside a parallel_for. An exception from body is rethrown here.
void parallel_for(std::int64_t n, std::int64_t grain, FunctionRef<void(std::int64_t, std::int64_t)> body);

}  // namespace relume
