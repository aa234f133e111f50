// Times activations as it is asked: each line of stdin is NAME PASS DTYPE ELEMENTS THREADS, PASS being forward,
// backward (into memory that is there), call (a whole call on a tensor) or copy (NAME is not read: the fastest copy
// there is). Answers each with nanoseconds a call, the least of several rounds.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "bench/stopwatch.h"
#include "relume/relume.h"

namespace {

using namespace relume;
using bench::nanoseconds;

struct Case {
  std::string name, pass, dtype;
  std::int64_t elements = 0;
  int threads = 1;
};

/// What backward() of the activation reads.
Tensor saved_of(const activation::Entry& entry, const Tensor& x, const Tensor& y) {
  if (entry.saves == activation::Saves::output) return y;
  if (entry.saves != activation::Saves::mask) return x;
  Tensor mask = empty({(x.elements() + 7) / 8}, uint8);
  entry.forward_mask(x.dtype(), x.raw_data(), y.raw_data(), mask.data<std::uint8_t>(), x.elements());
  return mask;
}

void check(const activation::Entry& entry, const Tensor& x, const Tensor& y) {
  const double unit = x.dtype() == float32 ? 1e-6 : 1e-2;
  for (std::int64_t i = 0; i < x.elements(); i += 1 + x.elements() / 1000) {
    const double expected = entry.scalar(x[i].item<double>()), value = y[i].item<double>();
    if (std::fabs(value - expected) > unit * (1 + std::fabs(expected))) {
      fmt::print(stderr, "bench: {}({}) gave {}, not {}\n", entry.info.name, x[i].item<double>(), value, expected);
      std::exit(1);
    }
  }
}

double measure(const Case& c) {
  set_num_threads(c.threads);
  const Tensor x = randn({c.elements}).to(c.dtype == "bfloat16" ? bfloat16 : float32);
  const Tensor y = zeros({c.elements}, x.dtype()), dy = x.clone();
  if (c.pass == "copy") {
    const double plain = nanoseconds([&] { std::memcpy(y.raw_data(), x.raw_data(), x.bytes()); });
    const activation::Entry& identity = *activation::find("identity");
    return std::min(plain, nanoseconds([&] { identity.forward(x.dtype(), x.raw_data(), y.raw_data(), x.elements()); }));
  }
  const Activation f(c.name);
  const activation::Entry& entry = f.entry();
  entry.forward(x.dtype(), x.raw_data(), y.raw_data(), x.elements());
  check(entry, x, y);
  if (c.pass == "call") return nanoseconds([&] { activate(f, x); });
  if (c.pass == "forward")
    return nanoseconds([&] { entry.forward(x.dtype(), x.raw_data(), y.raw_data(), x.elements()); });
  const Tensor saved = saved_of(entry, x, y), dx = zeros({c.elements}, x.dtype());
  return nanoseconds([&] { entry.backward(x.dtype(), saved.raw_data(), dy.raw_data(), dx.raw_data(), x.elements()); });
}

}  // namespace

int main() {
  Case c;
  while (std::cin >> c.name >> c.pass >> c.dtype >> c.elements >> c.threads) {
    fmt::print("{}\n", measure(c));
    std::fflush(stdout);
  }
}
