// Times the three products of a training step, and checks them first:
// matmul BATCH INPUTS OUTPUTS [THREADS]. Prints JSON: GFLOP/s by name, and the core's peak.
#include "relume/kernels/matmul.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <fmt/core.h>

#include "bench/peak.h"
#include "bench/stopwatch.h"
#include "relume/relume.h"

namespace {

using namespace relume;

struct Case {
  const char* name;
  bool a_transposed, b_transposed;
  std::int64_t m, n, k;
};

/// C[m / 2, n / 2] against a sum in double precision.
bool is_right(const Case& c, const Tensor& a, const Tensor& b, const Tensor& y) {
  const std::int64_t i = c.m / 2, j = c.n / 2;
  double sum = 0, size = 0;
  for (std::int64_t p = 0; p < c.k; ++p) {
    const double left = a.data<float>()[c.a_transposed ? p * c.m + i : i * c.k + p];
    const double right = b.data<float>()[c.b_transposed ? j * c.k + p : p * c.n + j];
    sum += left * right;
    size += std::abs(left * right);
  }
  return std::abs(sum - static_cast<double>(y.data<float>()[i * c.n + j])) <= 1e-5 * size;
}

double gflops(const Case& c) {
  const Tensor a = randn({c.m * c.k}), b = randn({c.k * c.n}), y = empty({c.m * c.n}, float32);
  const std::int64_t lda = c.a_transposed ? c.m : c.k;
  const std::int64_t ldb = c.b_transposed ? c.k : c.n;
  const auto product = [&] {
    kernels::matmul<float>({a.data<float>(), c.m, c.k, lda, c.a_transposed},
                           {b.data<float>(), c.k, c.n, ldb, c.b_transposed}, 0, {y.data<float>(), c.m, c.n, c.n});
  };
  product();
  if (!is_right(c, a, b, y)) {
    fmt::print(stderr, "matmul: {} is wrong\n", c.name);
    std::exit(1);
  }
  return 2e0 * static_cast<double>(c.m * c.n * c.k) / bench::nanoseconds(product);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: matmul BATCH INPUTS OUTPUTS [THREADS]\n");
    return 2;
  }
  const std::int64_t batch = std::atoll(argv[1]), in = std::atoll(argv[2]), out = std::atoll(argv[3]);
  set_num_threads(argc > 4 ? std::atoi(argv[4]) : 1);
  fmt::print("{{\"x Wt\": {:.1f}, \"dy W\": {:.1f}, \"dyt x\": {:.1f}, \"peak\": {:.1f}}}\n",
             gflops({"x Wt", false, true, batch, out, in}), gflops({"dy W", false, false, batch, in, out}),
             gflops({"dyt x", true, false, out, in, batch}), bench::peak() * num_threads());
}
