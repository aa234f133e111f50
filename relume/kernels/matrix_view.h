// Public. A matrix on plain memory, as kernels take it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace relume::kernels {

/// `rows` × `columns` elements that lie in memory row by row, or for `transposed` column by column, `stride` elements
/// from one of these to the next. It owns nothing.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;
  bool transposed = false;

  /// The transpose, in the same memory.
  constexpr MatrixView t() const { return {data, columns, rows, stride, !transposed}; }

  /// Elements from one to the one below it, and to the one beside it.
  constexpr std::int64_t down() const { return transposed ? 1 : stride; }
  constexpr std::int64_t across() const { return transposed ? stride : 1; }

  constexpr T* at(std::int64_t i, std::int64_t j) const { return data + i * down() + j * across(); }

  /// The part of `height` × `width` elements that begins at row i and column j.
  constexpr MatrixView block(std::int64_t i, std::int64_t j, std::int64_t height, std::int64_t width) const {
    return {at(i, j), height, width, stride, transposed};
  }

  constexpr operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, columns, stride, transposed};
  }
};

}  // namespace relume::kernels
