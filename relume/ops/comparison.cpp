// Compiled for size.
#include "relume/ops/comparison.h"

#include <algorithm>
#include <cmath>

#include "relume/kernels/elementwise.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

Tensor compute(kernels::Compare op, const char* name, const Tensor& left, const Tensor& right) {
  const DType dtype = result_dtype(left, right);
  const Tensor a = left.detach().to(dtype), b = right.detach().to(dtype);
  Tensor y = empty(broadcast(a.shape(), b.shape(), name), DType::bool_);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  for_each_row<3>(y.shape(),
                  {broadcast_strides(a.shape(), a.strides(), y.shape()),
                   broadcast_strides(b.shape(), b.strides(), y.shape()), y.strides()},
                  [&](const auto& offset, const auto& stride, std::int64_t n) {
                    kernels::compare(op, dtype, static_cast<std::byte*>(a.raw_data()) + offset[0] * size, stride[0],
                                     static_cast<std::byte*>(b.raw_data()) + offset[1] * size, stride[1],
                                     y.data<bool>() + offset[2], n);
                  });
  return y;
}

}  // namespace

using kernels::Compare;

Tensor operator==(const Tensor& a, const Tensor& b) { return compute(Compare::equal, "eq", a, b); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return compute(Compare::not_equal, "ne", a, b); }
Tensor operator<(const Tensor& a, const Tensor& b) { return compute(Compare::less, "lt", a, b); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return compute(Compare::less_equal, "le", a, b); }
Tensor operator>(const Tensor& a, const Tensor& b) { return compute(Compare::greater, "gt", a, b); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return compute(Compare::greater_equal, "ge", a, b); }

bool equal(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return false;
  const std::span<bool> same = (a == b).span<bool>();
  return std::all_of(same.begin(), same.end(), [](bool s) { return s; });
}

bool allclose(const Tensor& a, const Tensor& b, double relative, double absolute) {
  const std::vector<double> u = a.to_vector<double>(), v = b.to_vector<double>();
  return a.shape() == b.shape() && std::equal(u.begin(), u.end(), v.begin(), [&](double x, double y) {
           return x == y || std::fabs(x - y) <= absolute + relative * std::fabs(y);
         });
}

}  // namespace relume
