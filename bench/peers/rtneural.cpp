// One call of RTNeural's static networks, of the sizes of bench/static_net.cpp and timed as there: bench_rtneural
// [SECONDS].
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <RTNeural/RTNeural.h>

using Clock = std::chrono::steady_clock;
template <int inputs, int outputs>
using Dense = RTNeural::DenseT<float, inputs, outputs>;
template <int width>
using Relu = RTNeural::ReLuActivationT<float, width>;

namespace {

std::mt19937 generator(1);

float number() { return std::uniform_real_distribution<float>(-0.3f, 0.3f)(generator); }

template <int inputs, int outputs>
void fill(Dense<inputs, outputs>& dense) {
  std::vector<std::vector<float>> weights(outputs, std::vector<float>(inputs));
  for (auto& row : weights)
    for (float& w : row) w = number();
  std::vector<float> bias(outputs);
  for (float& b : bias) b = number();
  dense.setWeights(weights);
  dense.setBias(bias.data());
}

/// Nanoseconds a call. Each takes something of what the one before gave, so that none is left out or begun early.
template <class Network>
double timed(Network& network, float* in, int calls) {
  const auto begin = Clock::now();
  for (int i = 0; i < calls; ++i) in[0] = std::min(network.forward(in), 1.0f);
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / calls;
}

template <class Network>
void measure(const char* name, Network& network, double seconds, bool last = false) {
  alignas(64) float in[64] = {};
  for (float& x : in) x = number();
  const int group = std::max(1, static_cast<int>(1000 / timed(network, in, 1000)));
  std::vector<double> taken;
  for (const auto end = Clock::now() + std::chrono::duration<double>(seconds); Clock::now() < end;)
    taken.push_back(timed(network, in, group));
  std::sort(taken.begin(), taken.end());
  std::printf("\"%s\": {\"p50\": %.1f, \"p999\": %.1f}%s", name, taken[taken.size() / 2],
              taken[taken.size() * 999 / 1000], last ? "}\n" : ", ");
}

template <int inputs, int first, int second, int outputs>
void measure_three(const char* name, double seconds, bool last = false) {
  RTNeural::ModelT<float, inputs, outputs, Dense<inputs, first>, Relu<first>, Dense<first, second>, Relu<second>,
                   Dense<second, outputs>>
      network;
  fill(network.template get<0>());
  fill(network.template get<2>());
  fill(network.template get<4>());
  measure(name, network, seconds, last);
}

template <int inputs, int outputs>
void measure_one(const char* name, double seconds) {
  RTNeural::ModelT<float, inputs, outputs, Dense<inputs, outputs>> network;
  fill(network.template get<0>());
  measure(name, network, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  std::printf("{");
  measure_one<16, 16>("16-16", seconds);
  measure_one<64, 64>("64-64", seconds);
  RTNeural::ModelT<float, 10, 1, Dense<10, 5>, Relu<5>, Dense<5, 1>> small;
  fill(small.get<0>());
  fill(small.get<2>());
  measure("10-5-1", small, seconds);
  measure_three<4, 64, 64, 2>("4-64-64-2", seconds);
  measure_three<16, 128, 128, 1>("16-128-128-1", seconds);
  measure_three<6, 64, 8, 4>("6-64-8-4", seconds, true);
}
