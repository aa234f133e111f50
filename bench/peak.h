// What one core can reach.
#pragma once

#include <algorithm>
#include <chrono>

#include "relume/kernels/cpu.h"

// The project rounds each product before it is added; a core's peak does not.
// clang judges a template by its own instruction set, not by its caller's: there a wide register is an error.
#if defined(__clang__)
#pragma clang fp contract(fast)
#define BENCH_FUSED
#define BENCH_ANYWHERE "+m"
#else
#define BENCH_FUSED , optimize("fp-contract=fast")
#define BENCH_ANYWHERE "+v"
#endif

namespace bench {

/// Multiply-adds of one core on registers alone, in GFLOP/s: what no step can be faster than.
template <class V>
__attribute__((always_inline)) inline double measure_peak() {
  constexpr int chains = 12, rounds = 200000;
  constexpr int lanes = sizeof(V) / sizeof(float);
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    V sum[chains] = {}, factor = V{} + 0.999f, add = V{} + 1e-3f;
    asm volatile("" : BENCH_ANYWHERE(factor), BENCH_ANYWHERE(add));
    for (V& s : sum) asm volatile("" : BENCH_ANYWHERE(s));  // nobody knows that they are alike
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i)
      for (V& s : sum) s = s * factor + add;
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (V& s : sum) asm volatile("" : BENCH_ANYWHERE(s));
    best = std::max(best, 2e-9 * chains * rounds * lanes / took);
  }
  return best;
}

typedef float Lane4 __attribute__((vector_size(16)));
#if defined(__x86_64__)
typedef float Lane8 __attribute__((vector_size(32)));
typedef float Lane16 __attribute__((vector_size(64)));

__attribute__((target("avx512f,fma") BENCH_FUSED)) inline double peak_of_avx512() { return measure_peak<Lane16>(); }
__attribute__((target("avx2,fma") BENCH_FUSED)) inline double peak_of_avx2() { return measure_peak<Lane8>(); }

inline double peak() {
  switch (relume::kernels::level()) {
    case relume::kernels::Level::avx512: return peak_of_avx512();
    case relume::kernels::Level::avx2: return peak_of_avx2();
    default: return measure_peak<Lane4>();
  }
}
#else
inline double peak() { return measure_peak<Lane4>(); }
#endif

}  // namespace bench
