#include "python/core/rows.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "python/core/array.h"
#include "relume/autograd/node.h"
#include "relume/base/parallel.h"
#include "relume/nn/linear.h"
#include "relume/nn/sequential.h"
#include "relume/ops/reduce.h"

namespace relume::python {
namespace {

/// Compressed rows as plain memory.
template <class T>
struct Compressed {
  const T* values;
  const std::int32_t* columns;
  const std::int64_t* starts;
  std::int64_t rows, filled;

  explicit Compressed(const Batch& x)
      : values(x.values.data<T>()),
        columns(x.columns.data<std::int32_t>()),
        starts(x.starts.data<std::int64_t>()),
        rows(x.starts.elements() - 1),
        filled(x.values.elements()) {}

  /// body(output) for each of them, on several threads where that pays.
  template <class F>
  void for_outputs(std::int64_t outputs, F body) const {
    const std::int64_t grain = std::max<std::int64_t>((1 << 15) / std::max<std::int64_t>(filled, 1), 1);
    parallel_for(outputs, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) body(o);
    });
  }
};

/// y = x Wᵀ + b for compressed rows x. One output after the other, since its weights lie together: [out, in].
template <class T>
void sparse_product(const Compressed<T>& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  const std::int64_t in = weight.size(1), out = weight.size(0);
  x.for_outputs(out, [&](std::int64_t o) {
    const T* w = weight.data<T>() + o * in;
    for (std::int64_t r = 0; r < x.rows; ++r) {
      T total = bias.data<T>()[o];
      for (std::int64_t i = x.starts[r]; i < x.starts[r + 1]; ++i) total += x.values[i] * w[x.columns[i]];
      y.data<T>()[r * out + o] = total;
    }
  });
}

/// ∂L/∂W = (∂L/∂y)ᵀ x, into zeros.
template <class T>
void sparse_gradient(const Compressed<T>& x, const Tensor& dy, const Tensor& dw) {
  const std::int64_t in = dw.size(1), out = dw.size(0);
  x.for_outputs(out, [&](std::int64_t o) {
    T* w = dw.data<T>() + o * in;
    for (std::int64_t r = 0; r < x.rows; ++r) {
      const T d = dy.data<T>()[r * out + o];
      for (std::int64_t i = x.starts[r]; i < x.starts[r + 1]; ++i) w[x.columns[i]] += d * x.values[i];
    }
  });
}

/// The first layer's product with compressed rows, recorded for backward().
Tensor sparse_linear(const Batch& x, const nn::Linear& layer) {
  Tensor y = empty({x.starts.elements() - 1, layer.out_features()}, layer.weight.dtype());
  visit_float(
      y.dtype(), [&]<class T>() { sparse_product<T>(Compressed<T>(x), layer.weight, layer.bias, y); }, [] {});
  const auto gradients = [x, in = layer.in_features()](const BackwardContext& c) -> Gradients {
    const Tensor dy = c.gradient.contiguous();
    const Tensor dw = zeros({dy.size(1), in}, dy.dtype());
    visit_float(
        dy.dtype(), [&]<class T>() { sparse_gradient<T>(Compressed<T>(x), dy, dw); }, [] {});
    return {dw, sum(dy, {0})};
  };
  return record(y, "SparseLinearBackward0", std::vector<Tensor>{layer.weight, layer.bias}, gradients);
}

/// A dense product does this many terms in the time of one of a compressed row's.
constexpr std::int64_t well_filled = 16;

/// Compressed rows at these places, written out into zeros; a column that stands there twice counts twice, as in SciPy.
template <class T>
void write_out(const Compressed<T>& x, std::span<const std::int64_t> places, const Tensor& to) {
  const std::int64_t width = to.size(1);
  std::memset(to.raw_data(), 0, to.bytes());
  for (std::size_t r = 0; r < places.size(); ++r) {
    T* row = to.data<T>() + static_cast<std::int64_t>(r) * width;
    for (std::int64_t i = x.starts[places[r]]; i < x.starts[places[r] + 1]; ++i) row[x.columns[i]] += x.values[i];
  }
}

/// Compressed rows at these places, copied one behind the other.
template <class T>
Batch take_compressed(const Batch& from, std::span<const std::int64_t> places) {
  const auto* starts = from.starts.data<std::int64_t>();
  Batch to;
  to.starts = empty({static_cast<std::int64_t>(places.size()) + 1}, DType::int64);
  auto* ends = to.starts.data<std::int64_t>();
  *ends = 0;
  for (const std::int64_t row : places) {
    ends[1] = ends[0] + starts[row + 1] - starts[row];
    ++ends;
  }
  to.values = empty({*ends}, from.values.dtype());
  to.columns = empty({*ends}, DType::int32);
  auto* values = to.values.data<T>();
  auto* columns = to.columns.data<std::int32_t>();
  for (const std::int64_t row : places) {
    values = std::copy(from.values.data<T>() + starts[row], from.values.data<T>() + starts[row + 1], values);
    columns = std::copy(from.columns.data<std::int32_t>() + starts[row],
                        from.columns.data<std::int32_t>() + starts[row + 1], columns);
  }
  return to;
}

}  // namespace

Tensor to_read(nb::handle array) {
  return (is_array(array) ? tensor_onto(array, false) : tensor_from(array)).contiguous();
}

Tensor take_rows(const Tensor& from, std::span<const std::int64_t> places, const Tensor& reused) {
  Shape shape = from.shape();
  shape[0] = static_cast<std::int64_t>(places.size());
  Tensor to = reused.defined() && reused.shape() == shape ? reused : empty(shape, from.dtype());
  const std::size_t width = places.empty() ? 0 : to.bytes() / places.size();
  const auto* source = static_cast<const std::byte*>(from.raw_data());
  auto* target = static_cast<std::byte*>(to.raw_data());
  const auto grain = static_cast<std::int64_t>((std::size_t{1} << 17) / std::max<std::size_t>(width, 1));
  parallel_for(static_cast<std::int64_t>(places.size()), grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      std::memcpy(target + i * width, source + static_cast<std::size_t>(places[i]) * width, width);
  });
  return to;
}

Rows::Rows(nb::handle x) {
  if (!nb::hasattr(x, "indptr")) {
    whole_.dense = to_read(x);
    rows_ = whole_.dense.size(0);
    columns_ = width_ = whole_.dense.size(1);
    return;
  }
  rows_ = nb::cast<std::int64_t>(x.attr("shape")[0]);
  columns_ = nb::cast<std::int64_t>(x.attr("shape")[1]);
  whole_.values = to_read(x.attr("data"));
  whole_.columns = to_read(x.attr("indices"));
  whole_.starts = to_read(x.attr("indptr")).to(DType::int64);
  check_sparse();
  whole_.columns = whole_.columns.to(DType::int32);
  const std::int64_t filled = whole_.values.elements() / std::max<std::int64_t>(rows_, 1);
  well_filled_ = filled >= columns_ / well_filled;
  width_ = well_filled_ ? columns_ : filled;
}

void Rows::check_sparse() const {
  const auto starts = whole_.starts.span<std::int64_t>();
  const Tensor& places = whole_.columns;
  const auto inside = [&](const auto* p) {
    return std::all_of(p, p + places.elements(), [&](auto column) { return column >= 0 && column < columns_; });
  };
  const bool fits = columns_ <= std::numeric_limits<std::int32_t>::max() &&
                    static_cast<std::int64_t>(starts.size()) == rows_ + 1 && starts.front() >= 0 &&
                    std::is_sorted(starts.begin(), starts.end()) &&
                    starts.back() <= std::min(whole_.values.elements(), places.elements()) &&
                    (places.dtype() == DType::int32 ? inside(places.data<std::int32_t>())
                                                    : inside(places.to(DType::int64).data<std::int64_t>()));
  if (!fits) throw nb::value_error("the sparse X is damaged: its indices do not fit its shape");
}

void Rows::take(std::span<const std::int64_t> places, Batch& batch) const {
  if (whole_.dense.defined()) {
    batch.dense = take_rows(whole_.dense, places, batch.dense);
    return;
  }
  visit_float(
      whole_.values.dtype(),
      [&]<class T>() {
        if (!well_filled_) {
          batch = take_compressed<T>(whole_, places);
          return;
        }
        const Shape shape{static_cast<std::int64_t>(places.size()), columns_};
        if (!batch.dense.defined() || batch.dense.shape() != shape) batch.dense = empty(shape, whole_.values.dtype());
        write_out<T>(Compressed<T>(whole_), places, batch.dense);
      },
      [] {});
}

Batch Rows::slice(std::int64_t begin, std::int64_t end) const {
  Batch batch;
  if (whole_.dense.defined()) {
    batch.dense = whole_.dense.slice(0, begin, end);
    return batch;
  }
  std::vector<std::int64_t> places(static_cast<std::size_t>(end - begin));
  std::iota(places.begin(), places.end(), begin);
  take(places, batch);
  return batch;
}

Tensor run(nn::Module& network, const Batch& rows) {
  if (rows.dense.defined()) return network(rows.dense);
  auto& modules = dynamic_cast<nn::Sequential&>(network);
  Tensor y = sparse_linear(rows, *modules[0].as_linear());
  for (std::size_t i = 1; i < modules.size(); ++i) y = modules[i](y);
  return y;
}

}  // namespace relume::python
