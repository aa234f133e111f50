// Compiled for size.
#include "relume/ops/embedding.h"

#include <algorithm>
#include <span>

#include "relume/autograd/node.h"
#include "relume/base/require.h"

namespace relume {
namespace {

void check(const char* operation, const Tensor& indices, const Tensor& weight) {
  require<DTypeError>(indices.dtype() == DType::int64, "{}: the indices are {}, not int64", operation,
                      name(indices.dtype()));
  require<ShapeError>(weight.dimensions() == 2, "{}: a table of {} is not [rows, width]", operation, weight.shape());
  require<DTypeError>(weight.dtype() == DType::float32 || weight.dtype() == DType::float64,
                      "{}: a table of {}; convert it with to(float32) first", operation, name(weight.dtype()));
  for (const std::int64_t i : indices.span<std::int64_t>())
    require<IndexError>(i >= 0 && i < weight.size(0), "{}: index {} is out of range for a table of {} rows", operation,
                        i, weight.size(0));
}

/// Where each bag begins, and one past the last.
std::vector<std::int64_t> bounds_of(const Tensor& indices, const Tensor& offsets) {
  std::vector<std::int64_t> bounds;
  if (indices.dimensions() == 2) {
    require(!offsets.defined(), "embedding_bag: indices of {} are bags already; give no offsets", indices.shape());
    for (std::int64_t i = 0; i <= indices.size(0); ++i) bounds.push_back(i * indices.size(1));
    return bounds;
  }
  require<ShapeError>(indices.dimensions() == 1 && offsets.defined() && offsets.dimensions() == 1,
                      "embedding_bag: indices of {} need offsets of one dimension", indices.shape());
  require<DTypeError>(offsets.dtype() == DType::int64, "embedding_bag: the offsets are {}, not int64",
                      name(offsets.dtype()));
  bounds = offsets.to_vector<std::int64_t>();
  bounds.push_back(indices.elements());
  require<IndexError>(bounds.front() == 0 && std::is_sorted(bounds.begin(), bounds.end()),
                      "embedding_bag: the offsets must begin with 0, rise, and end within {} indices",
                      indices.elements());
  return bounds;
}

/// The rows of one bag, as the modes see them.
template <class T>
struct Bag {
  std::span<const std::int64_t> rows;
  const T* table;
  std::int64_t width;

  T share(BagMode mode) const { return mode == BagMode::mean ? T{1} / static_cast<T>(rows.size()) : T{1}; }

  /// The row that is largest in column j, the first of equals.
  std::int64_t largest(std::int64_t j) const {
    return *std::max_element(rows.begin(), rows.end(), [&](std::int64_t a, std::int64_t b) {
      return table[a * width + j] < table[b * width + j];
    });
  }

  void pool(BagMode mode, T* y) const {
    if (rows.empty()) return;
    for (std::int64_t j = 0; mode == BagMode::max && j < width; ++j) y[j] = table[largest(j) * width + j];
    if (mode == BagMode::max) return;
    for (const std::int64_t row : rows)
      for (std::int64_t j = 0; j < width; ++j) y[j] += table[row * width + j] * share(mode);
  }

  void spread(BagMode mode, const T* dy, T* dweight) const {
    if (rows.empty()) return;
    for (std::int64_t j = 0; mode == BagMode::max && j < width; ++j) dweight[largest(j) * width + j] += dy[j];
    if (mode == BagMode::max) return;
    for (const std::int64_t row : rows)
      for (std::int64_t j = 0; j < width; ++j) dweight[row * width + j] += dy[j] * share(mode);
  }
};

template <class T, class F>
void for_each_bag(const Tensor& indices, const std::vector<std::int64_t>& bounds, const Tensor& weight, F&& visit) {
  const std::span<const std::int64_t> all = indices.span<std::int64_t>();
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    const auto begin = static_cast<std::size_t>(bounds[i]), count = static_cast<std::size_t>(bounds[i + 1]) - begin;
    visit(static_cast<std::int64_t>(i), Bag<T>{all.subspan(begin, count), weight.data<T>(), weight.size(1)});
  }
}

}  // namespace

// yᵢ = w[indexᵢ]:  dw[indexᵢ] += dyᵢ
Tensor embedding(const Tensor& indices_in, const Tensor& weight_in, std::int64_t padding) {
  const Tensor indices = indices_in.contiguous(), weight = weight_in.contiguous();
  check("embedding", indices, weight);
  const std::int64_t width = weight.size(1);
  Shape shape = indices.shape();
  shape.push_back(width);
  Tensor y = empty(shape, weight.dtype());
  const auto gather = [&]<class T>() {
    T* out = y.data<T>();
    for (const std::int64_t row : indices.span<std::int64_t>())
      out = std::copy_n(weight.data<T>() + row * width, width, out);
  };
  visit_float(weight.dtype(), gather, [] {});
  return record(
      y, "EmbeddingBackward0", {&weight},
      [indices = Saved(indices), rows = weight.size(0), width, padding](const BackwardContext& c) -> Gradients {
        const Tensor dy = c.gradient.contiguous();
        Tensor dweight = zeros({rows, width}, dy.dtype());
        const auto scatter = [&]<class T>() {
          const T* from = dy.data<T>();
          for (const std::int64_t row : c(indices).span<std::int64_t>()) {
            T* to = dweight.data<T>() + row * width;
            for (std::int64_t j = 0; row != padding && j < width; ++j) to[j] += from[j];
            from += width;
          }
        };
        visit_float(dy.dtype(), scatter, [] {});
        return {dweight};
      });
}

Tensor embedding_bag(const Tensor& indices_in, const Tensor& weight_in, BagMode mode, const Tensor& offsets) {
  const Tensor indices = indices_in.contiguous(), weight = weight_in.contiguous();
  check("embedding_bag", indices, weight);
  const std::vector<std::int64_t> bounds = bounds_of(indices, offsets);
  Tensor y = zeros({static_cast<std::int64_t>(bounds.size()) - 1, weight.size(1)}, weight.dtype());
  const auto pool = [&]<class T>() {
    for_each_bag<T>(indices, bounds, weight,
                    [&](std::int64_t i, const Bag<T>& bag) { bag.pool(mode, y.data<T>() + i * bag.width); });
  };
  visit_float(weight.dtype(), pool, [] {});
  return record(
      y, "EmbeddingBagBackward0", {&weight},
      [indices = Saved(indices), weight = Saved(weight), bounds, mode](const BackwardContext& c) -> Gradients {
        const Tensor dy = c.gradient.contiguous(), &w = c(weight);
        Tensor dweight = zeros(w.shape(), dy.dtype());
        const auto spread = [&]<class T>() {
          for_each_bag<T>(c(indices), bounds, w, [&](std::int64_t i, const Bag<T>& bag) {
            bag.spread(mode, dy.data<T>() + i * bag.width, dweight.data<T>());
          });
        };
        visit_float(dy.dtype(), spread, [] {});
        return {dweight};
      });
}

}  // namespace relume
