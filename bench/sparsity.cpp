// One layer behind ReLU, by the share of its inputs that are off: bench_sparsity WIDTHS [GATHERED], one thread, one row
// a call. The widths are a network's, with ReLU between; its last layer is what leaves weights unread. An input of its
// own shifts all hidden units, so that one network has every share. GATHERED: so many units beside each other fire
// together.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/base/rng.h"
#include "relume/infer/predictor.h"
#include "relume/nn/layers.h"

using namespace relume;

namespace {

constexpr std::int64_t rows = 8;
const std::vector<double> shares = {0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99};

std::vector<std::int64_t> widths_of(std::string text) {
  std::ranges::replace(text, '-', ' ');
  std::istringstream words(text);
  return {std::istream_iterator<std::int64_t>(words), {}};
}

/// Uniform in ±√3 / √inputs: cheap, and of the spread that keeps a row's.
void set_random(const Tensor& weight, std::int64_t inputs) {
  std::uint64_t state = 88172645463325252;
  const float scale = std::sqrt(3.0f / static_cast<float>(inputs));
  for (float& w : weight.detach().span<float>()) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    w = (static_cast<float>(state >> 40) * 0x1p-23f - 1) * scale;
  }
}

/// The hidden layer's first input shifts every unit; of `gathered` units the weights are nearly the same.
void make_hidden(nn::Linear& layer, std::int64_t gathered) {
  const std::int64_t inputs = layer.in_features();
  set_random(layer.weight, inputs);
  const auto w = layer.weight.detach().span<float>();
  for (std::int64_t unit = 0; unit < layer.out_features(); ++unit) {
    float* own = w.data() + unit * inputs;
    const float* first = w.data() + unit / gathered * gathered * inputs;
    for (std::int64_t i = 0; i < inputs; ++i) own[i] = i == 0 ? 1 : gathered > 1 ? first[i] : own[i];
  }
  layer.bias.detach().zero_();
}

/// Rows whose hidden units are off in such a share: z ~ N(shift, 1), off where it is below 0.
std::vector<float> rows_for(double share, std::int64_t inputs, Rng& rng) {
  double low = -6, high = 6;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) / 2 > share ? low : high) = middle;
  }
  std::vector<float> x(static_cast<std::size_t>(rows * inputs));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i % static_cast<std::size_t>(inputs) == 0 ? (share == 0 ? 8 : low) : rng.normal());
  return x;
}

/// Seconds that this thread has had of a processor, so that what others do on the machine does not count.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Microseconds a row: each row by itself, the quickest pass over all of them.
double one_pass(const Predictor& predictor, const std::vector<float>& x, std::vector<float>& y, int passes) {
  const std::int64_t inputs = predictor.inputs(), outputs = predictor.outputs();
  const double begin = now();
  for (int i = 0; i < passes; ++i)
    for (std::int64_t r = 0; r < rows; ++r)
      predictor.predict(std::span(x).subspan(r * inputs, inputs), std::span(y).subspan(r * outputs, outputs));
  return (now() - begin) * 1e6 / static_cast<double>(rows * passes);
}

double share_off(nn::Linear& hidden, const std::vector<float>& x) {
  const NoGradGuard guard;
  const Tensor z = hidden(from_vector(x, Shape{rows, hidden.in_features()})).contiguous();
  return static_cast<double>(std::ranges::count_if(z.span<float>(), [](float v) { return v <= 0; })) /
         static_cast<double>(z.numel());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::puts("bench_sparsity INPUTS-HIDDEN-OUTPUTS [GATHERED]"), 2;
  const std::vector<std::int64_t> widths = widths_of(argv[1]);
  set_num_threads(1);
  auto hidden = std::make_shared<nn::Linear>(widths[0], widths[1]),
       last = std::make_shared<nn::Linear>(widths[1], widths[2]);
  make_hidden(*hidden, argc > 2 ? std::atoll(argv[2]) : 1);
  set_random(last->weight, widths[1]);
  nn::Sequential network;
  network.push_back(hidden);
  network.push_back(std::make_shared<nn::ReLU>());
  network.push_back(last);
  network.eval();
  const Predictor dense(network, 0, {.skip_zeros = false}), sparse(network);
  Rng rng(3);
  std::printf("[");
  for (const double share : shares) {
    const std::vector<float> x = rows_for(share, widths[0], rng);
    std::vector<float> y(static_cast<std::size_t>(rows * widths[2])), z = y;
    const double once = one_pass(dense, x, y, 1);
    one_pass(sparse, x, z, 1);
    if (y != z) return std::fprintf(stderr, "bench_sparsity: the results differ\n"), 1;
    const int passes = 1 + static_cast<int>(500 / once / rows);
    const int turns = once > 5000 ? 3 : 9;
    double of_dense = std::numeric_limits<double>::infinity(), of_sparse = of_dense;
    for (int turn = 0; turn < turns; ++turn) {
      of_dense = std::min(of_dense, one_pass(dense, x, y, passes));
      of_sparse = std::min(of_sparse, one_pass(sparse, x, z, passes));
    }
    std::printf("%s{\"off\": %.4f, \"dense\": %.4f, \"sparse\": %.4f}", share == 0 ? "" : ", ", share_off(*hidden, x),
                of_dense, of_sparse);
  }
  std::puts("]");
}
