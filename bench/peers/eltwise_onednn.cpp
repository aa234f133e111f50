// Times oneDNN's eltwise primitives as bench/activation.cpp times relume: each line of stdin is NAME PASS DTYPE
// ELEMENTS THREADS, PASS being forward or backward; answers with nanoseconds a call, or nan for what oneDNN does not
// have.
#include <cstdio>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <dnnl.hpp>
#include <omp.h>

#include "bench/stopwatch.h"

namespace {

using dnnl::algorithm;
using dnnl::memory;

struct Kind {
  algorithm name;
  float alpha, beta;
};

const std::map<std::string, Kind> kinds = {
    {"relu", {algorithm::eltwise_relu, 0, 0}},          {"leaky_relu", {algorithm::eltwise_relu, 0.01f, 0}},
    {"relu6", {algorithm::eltwise_clip, 0, 6}},         {"elu", {algorithm::eltwise_elu, 1, 0}},
    {"gelu", {algorithm::eltwise_gelu_erf, 0, 0}},      {"gelu_tanh", {algorithm::eltwise_gelu_tanh, 0, 0}},
    {"silu", {algorithm::eltwise_swish, 1, 0}},         {"mish", {algorithm::eltwise_mish, 0, 0}},
    {"softplus", {algorithm::eltwise_soft_relu, 0, 0}}, {"sigmoid", {algorithm::eltwise_logistic, 0, 0}},
    {"tanh", {algorithm::eltwise_tanh, 0, 0}},          {"hardswish", {algorithm::eltwise_hardswish, 0, 0}}};

double measure(const Kind& kind, bool backward, memory::data_type type, std::int64_t elements) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc desc({elements}, type, memory::format_tag::a);
  // Values of both signs: bit patterns of numbers from -2 to 2 in either type.
  memory x(desc, engine), y(desc, engine), dy(desc, engine), dx(desc, engine);
  std::mt19937 random(0);
  for (memory* m : {&x, &dy}) {
    auto* words = static_cast<std::uint16_t*>(m->get_data_handle());
    for (std::size_t i = 0; i < desc.get_size() / 2; ++i)
      words[i] = static_cast<std::uint16_t>(0x3f00 | (random() & 0x80ff));
  }
  const dnnl::eltwise_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kind.name, desc, kind.alpha, kind.beta}, engine);
  const dnnl::eltwise_forward run_forward(forward);
  if (!backward)
    return bench::nanoseconds([&] {
      run_forward.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
      stream.wait();
    });
  const dnnl::eltwise_backward run_backward({{kind.name, desc, desc, kind.alpha, kind.beta}, engine, forward});
  return bench::nanoseconds([&] {
    run_backward.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
    stream.wait();
  });
}

}  // namespace

int main() {
  std::string name, pass, dtype;
  std::int64_t elements = 0;
  int threads = 1;
  while (std::cin >> name >> pass >> dtype >> elements >> threads) {
    omp_set_num_threads(threads);
    double taken = std::numeric_limits<double>::quiet_NaN();
    if (const auto found = kinds.find(name); found != kinds.end() && pass != "call")
      taken = measure(found->second, pass == "backward",
                      dtype == "bfloat16" ? memory::data_type::bf16 : memory::data_type::f32, elements);
    std::printf("%f\n", taken);
    std::fflush(stdout);
  }
}
