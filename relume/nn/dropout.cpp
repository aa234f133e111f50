#include "relume/nn/dropout.h"

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/kernels/random.h"
#include "relume/nn/layer_word.h"
#include "relume/ops/arithmetic.h"

namespace relume::nn {

Dropout::Dropout(double p) : p_(p) { require(p >= 0 && p < 1, "Dropout: p = {} is not in [0, 1)", p); }

std::shared_ptr<Module> Dropout::from_word(const LayerPlace& place) {
  return std::make_shared<Dropout>(place.number(0.5));
}

// y = x ⊙ k:  dx = dy ⊙ k
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  Tensor keep = empty(x.shape(), x.dtype());
  const std::int64_t blocks = (x.elements() + 3) / 4;
  const Tensor bits = empty({4 * blocks}, DType::int32);
  Rng& rng = default_rng();
  auto* words = reinterpret_cast<std::uint32_t*>(bits.data<std::int32_t>());
  kernels::philox_blocks(rng.seed(), rng.stream(), rng.take_blocks(static_cast<std::uint64_t>(blocks)), words, blocks);
  visit_float(
      x.dtype(),
      [&]<class T>() {
        kernels::keep_mask(words, static_cast<std::uint32_t>(p_ * 0x1p32), static_cast<T>(1 / (1 - p_)), keep.data<T>(),
                           x.elements());
      },
      [&] { fail<DTypeError>("dropout: of {}; convert it with to(float32) first", name(x.dtype())); });
  return record(x.detach() * keep, "MulBackward0", {&x},
                [keep = Saved(keep)](const BackwardContext& c) -> Gradients { return {c.gradient * c(keep)}; });
}

std::shared_ptr<Module> Flatten::from_word(const LayerPlace&) { return std::make_shared<Flatten>(); }

Tensor Flatten::forward(const Tensor& x) {
  if (to_ == -1) return x.flatten(from_);
  const int n = x.dimensions(), from = from_ < 0 ? from_ + n : from_, to = to_ < 0 ? to_ + n : to_;
  require<IndexError>(from >= 0 && from <= to && to < n, "Flatten: {} has no dimensions from {} to {}", x.shape(),
                      from_, to_);
  Shape shape;
  for (int d = 0; d < n; ++d) {
    if (d <= from || d > to)
      shape.push_back(x.size(d));
    else
      shape[from] *= x.size(d);
  }
  return x.reshape(shape);
}

std::string Flatten::describe() const { return fmt::format("Flatten(start_dim={}, end_dim={})", from_, to_); }

std::string Dropout::describe() const { return fmt::format("Dropout(p={})", p_); }

}  // namespace relume::nn
