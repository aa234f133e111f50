#include "relume/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include <omp.h>

#include "relume/base/flush_denormals.h"
#include "relume/base/require.h"

namespace relume {
namespace {

std::atomic<int> threads_wanted{0};

}  // namespace

void set_num_threads(int threads) {
  require(threads >= 1, "set_num_threads: {} is not at least 1", threads);
  threads_wanted = threads;
}

int num_threads() {
  const int wanted = threads_wanted.load(std::memory_order_relaxed);
  return wanted > 0 ? wanted : omp_get_max_threads();
}

void parallel_for(std::int64_t n, std::int64_t grain, FunctionRef<void(std::int64_t, std::int64_t)> body) {
  if (n <= 0) return;
  if (n <= grain || num_threads() == 1 || omp_in_parallel()) return body(0, n);
  grain = std::max<std::int64_t>(grain, 1);
  const auto threads = static_cast<int>(std::min<std::int64_t>(num_threads(), (n + grain - 1) / grain));
  std::exception_ptr error;
  const unsigned mode = FlushDenormals::mode();
#pragma omp parallel num_threads(threads)
  {
    const FlushDenormals as_the_caller(mode);
    const std::int64_t parts = omp_get_num_threads(), part = omp_get_thread_num();
    const std::int64_t chunk = (n + parts - 1) / parts;
    const std::int64_t begin = part * chunk, end = std::min(n, begin + chunk);
    if (begin < end) try {
        body(begin, end);
      } catch (...) {
#pragma omp critical(relume_parallel_error)
        error = std::current_exception();
      }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace relume
