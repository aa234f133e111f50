// One call of a Predictor: bench_infer 16-128-128-1 ROWS [SECONDS], a network of those widths with ReLU, one thread.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "relume/base/parallel.h"
#include "relume/infer/call_times.h"
#include "relume/infer/predictor.h"
#include "relume/nn/layers.h"

using namespace relume;

namespace {

std::vector<std::int64_t> widths_of(std::string text) {
  std::ranges::replace(text, '-', ' ');
  std::istringstream words(text);
  return {std::istream_iterator<std::int64_t>(words), {}};
}

/// The largest difference from the module's own forward().
double error_of(nn::Sequential& network, const std::vector<float>& in, const std::vector<float>& out,
                std::int64_t width) {
  const Tensor expected = network(from_vector(in, Shape{std::ssize(in) / width, width})).detach().contiguous();
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    worst = std::max(worst, static_cast<double>(std::abs(out[i] - expected.span<float>()[i])));
  return worst;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::puts("bench_infer WIDTHS ROWS [SECONDS]"), 2;
  const std::vector<std::int64_t> widths = widths_of(argv[1]);
  const std::int64_t rows = std::atoll(argv[2]);
  const double seconds = argc > 3 ? std::atof(argv[3]) : 1;
  set_num_threads(1);
  nn::Sequential network;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    if (i > 0) network.push_back(std::make_shared<nn::ReLU>());
    network.push_back(std::make_shared<nn::Linear>(widths[i], widths[i + 1]));
  }
  network.eval();
  const Predictor predictor(network);
  const Tensor x = randn({rows, widths.front()});
  const std::vector<float> in(x.span<float>().begin(), x.span<float>().end());
  std::vector<float> out(static_cast<std::size_t>(rows * widths.back()));
  predictor.predict(in, out);
  const double error = error_of(network, in, out, widths.front());
  if (!(error < 1e-5)) return std::fprintf(stderr, "bench_infer: differs from forward() by %g\n", error), 1;
  const infer::CallTimes times = infer::call_times(predictor, in, seconds);
  std::printf(
      "{\"p50\": %.1f, \"p999\": %.1f, \"mean\": %.1f, \"rows_per_second\": %.0f, \"plan_bytes\": %zu, \"error\": "
      "%g}\n",
      times.p50, times.p999, times.mean, times.rows_per_second, predictor.bytes().plan, error);
}
