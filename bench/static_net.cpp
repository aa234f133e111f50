// One call of a StaticNet of the sizes of bench/infer.py, beside a Predictor's result: bench_static_net [SECONDS].
#include "relume/infer/static_net.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "relume/infer/predictor.h"
#include "relume/nn/layers.h"

using namespace relume;
using activation::Relu;
using infer::Linear;
using Clock = std::chrono::steady_clock;

namespace {

template <class Net>
struct Calls {
  const Net& net;
  std::array<float, Net::inputs> in;
  std::array<float, Net::outputs> out{};

  /// Nanoseconds a call. Each takes something of what the one before gave, so that none is left out or begun early.
  double timed(int calls) {
    const auto begin = Clock::now();
    for (int i = 0; i < calls; ++i) {
      net.predict(in, out);
      in[0] = std::min(out[0], 1.0f);
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / calls;
  }
};

template <class Net>
void measure(const char* name, nn::Sequential network, double seconds, bool last) {
  network.eval();
  const Net net(network);
  const Predictor predictor(network);
  Calls<Net> calls{net, {}};
  Rng rng(1);
  for (float& x : calls.in) x = static_cast<float>(rng.normal());
  std::array<float, Net::outputs> expected;
  predictor.predict(calls.in, expected);
  net.predict(calls.in, calls.out);
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(expected[i] - calls.out[i]) < 1e-5f)) {
      std::fprintf(stderr, "bench_static_net: %s differs from a Predictor\n", name);
      std::exit(1);
    }
  const int group = std::max(1, static_cast<int>(1000 / calls.timed(1000)));
  std::vector<double> taken;
  for (const auto end = Clock::now() + std::chrono::duration<double>(seconds); Clock::now() < end;)
    taken.push_back(calls.timed(group));
  std::ranges::sort(taken);
  std::printf("\"%s\": {\"p50\": %.1f, \"p999\": %.1f, \"bytes\": %zu}%s", name, taken[taken.size() / 2],
              taken[taken.size() * 999 / 1000], sizeof net, last ? "}\n" : ", ");
}

template <class... Layers>
nn::Sequential chain(Layers... layers) {
  return nn::Sequential{layers...};
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  using L = nn::Linear;
  std::printf("{");
  measure<StaticNet<16, Linear<16>>>("16-16", chain(L(16, 16)), seconds, false);
  measure<StaticNet<64, Linear<64>>>("64-64", chain(L(64, 64)), seconds, false);
  measure<StaticNet<10, Linear<5>, Relu, Linear<1>>>("10-5-1", chain(L(10, 5), nn::ReLU(), L(5, 1)), seconds, false);
  measure<StaticNet<4, Linear<64>, Relu, Linear<64>, Relu, Linear<2>>>(
      "4-64-64-2", chain(L(4, 64), nn::ReLU(), L(64, 64), nn::ReLU(), L(64, 2)), seconds, false);
  measure<StaticNet<16, Linear<128>, Relu, Linear<128>, Relu, Linear<1>>>(
      "16-128-128-1", chain(L(16, 128), nn::ReLU(), L(128, 128), nn::ReLU(), L(128, 1)), seconds, false);
  measure<StaticNet<6, Linear<64>, Relu, Linear<8>, Relu, Linear<4>>>(
      "6-64-8-4", chain(L(6, 64), nn::ReLU(), L(64, 8), nn::ReLU(), L(8, 4)), seconds, true);
}
