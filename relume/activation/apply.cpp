// Compiled for size.
#include "relume/activation/activation.h"
#include "relume/activation/callable.h"
#include "relume/base/require.h"

namespace relume::activation {
namespace {

template <class T>
void apply_to(std::string_view name, std::span<const double> parameters, std::span<const T> x, std::span<T> y) {
  require<ShapeError>(x.size() == y.size(), "{}: {} numbers in and room for {} out", name, x.size(), y.size());
  Activation f{name};
  for (std::size_t i = 0; i < parameters.size(); ++i) f.set(f.entry().parameters[i].name, parameters[i]);
  f.entry().forward(dtype_v<T>, x.data(), y.data(), static_cast<std::int64_t>(x.size()), f.parameters());
}

}  // namespace

void apply(std::string_view name, std::span<const double> parameters, std::span<const float> x, std::span<float> y) {
  apply_to(name, parameters, x, y);
}

void apply(std::string_view name, std::span<const double> parameters, std::span<const double> x, std::span<double> y) {
  apply_to(name, parameters, x, y);
}

}  // namespace relume::activation
