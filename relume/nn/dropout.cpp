#include "relume/nn/dropout.h"

#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"

namespace relume::nn {

Dropout::Dropout(double p) : p_(p) { require(p >= 0 && p < 1, "Dropout: p = {} is not in [0, 1)", p); }

Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  Tensor keep = empty(x.shape(), x.dtype());
  visit_float(
      x.dtype(),
      [&]<class T>() {
        const T scale = static_cast<T>(1 / (1 - p_));
        for (T& value : keep.span<T>()) value = default_rng().uniform() < p_ ? T{0} : scale;
      },
      [&] { fail<DTypeError>("dropout: of {}; convert it with to(float32) first", name(x.dtype())); });
  return x * keep;
}

std::string Dropout::describe() const { return fmt::format("Dropout(p={})", p_); }

}  // namespace relume::nn
