#include "relume/kernels/optimizer.h"

#include <type_traits>

#include "relume/base/parallel.h"
#include "relume/kernels/optimizer_table.h"

namespace relume::kernels {
namespace {

constexpr std::int64_t grain = 1 << 16;

template <class T>
const OptimizerLoops<T>& loops() {
  const OptimizerTable& table = RELUME_CHOOSE_TABLE(optimizer_table);
  if constexpr (std::is_same_v<T, float>)
    return table.float32;
  else
    return table.float64;
}

template <class T>
T* at(T* pointer, std::int64_t i) {
  return pointer ? pointer + i : nullptr;
}

}  // namespace

template <class T>
void sgd(const SgdStep& step, double grad_scale, const T* gradient, T* weight, T* velocity, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t i, std::int64_t end) {
    loops<T>().sgd(step, grad_scale, gradient + i, weight + i, at(velocity, i), end - i);
  });
}

template <class T>
void adam(const AdamStep& step, double grad_scale, const T* gradient, T* weight, T* mean, T* square, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t i, std::int64_t end) {
    loops<T>().adam(step, grad_scale, gradient + i, weight + i, mean + i, square + i, end - i);
  });
}

template <class T>
void rmsprop(const RmspropStep& step, double grad_scale, const T* gradient, T* weight, T* square, T* velocity,
             std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t i, std::int64_t end) {
    loops<T>().rmsprop(step, grad_scale, gradient + i, weight + i, square + i, at(velocity, i), end - i);
  });
}

template <class T>
void adagrad(const AdagradStep& step, double grad_scale, const T* gradient, T* weight, T* sum, std::int64_t n) {
  parallel_for(n, grain, [&](std::int64_t i, std::int64_t end) {
    loops<T>().adagrad(step, grad_scale, gradient + i, weight + i, sum + i, end - i);
  });
}

template <class T>
double sum_of_squares(const T* x, std::int64_t n) {
  return loops<T>().sum_of_squares(x, n);
}

template void sgd(const SgdStep&, double, const float*, float*, float*, std::int64_t);
template void sgd(const SgdStep&, double, const double*, double*, double*, std::int64_t);
template void adam(const AdamStep&, double, const float*, float*, float*, float*, std::int64_t);
template void adam(const AdamStep&, double, const double*, double*, double*, double*, std::int64_t);
template void rmsprop(const RmspropStep&, double, const float*, float*, float*, float*, std::int64_t);
template void rmsprop(const RmspropStep&, double, const double*, double*, double*, double*, std::int64_t);
template void adagrad(const AdagradStep&, double, const float*, float*, float*, std::int64_t);
template void adagrad(const AdagradStep&, double, const double*, double*, double*, std::int64_t);
template double sum_of_squares(const float*, std::int64_t);
template double sum_of_squares(const double*, std::int64_t);

}  // namespace relume::kernels
