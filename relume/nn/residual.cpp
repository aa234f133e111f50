#include "relume/nn/residual.h"

#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"

namespace relume::nn {

Residual::Residual(std::shared_ptr<Module> f) { add("f", std::move(f)); }

Tensor Residual::forward(const Tensor& x) {
  const Tensor y = child(0)(x);
  require<ShapeError>(y.shape() == x.shape(), "Residual: its layers turn {} into {}; both must be of one shape",
                      x.shape(), y.shape());
  return x + y;
}

std::string Residual::describe() const { return describe_as("Residual"); }

}  // namespace relume::nn
