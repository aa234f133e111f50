#include <algorithm>

#include "relume/kernels/lane.h"
#include "relume/kernels/row.h"
#include "relume/kernels/softmax_rows_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// The columns of `width` rows, a register each.
template <int columns, class T>
struct Turned {
  using V = Lane<T>;
  V column[columns];

  static Turned load(const T* x) {
    const typename V::Tag tag;
    typename V::Raw raw[4];
    if constexpr (columns == 2) hn::LoadInterleaved2(tag, x, raw[0], raw[1]);
    if constexpr (columns == 3) hn::LoadInterleaved3(tag, x, raw[0], raw[1], raw[2]);
    if constexpr (columns == 4) hn::LoadInterleaved4(tag, x, raw[0], raw[1], raw[2], raw[3]);
    Turned turned;
    for (int j = 0; j < columns; ++j) turned.column[j] = V(raw[j]);
    return turned;
  }

  void store(T* y) const {
    const typename V::Tag tag;
    const auto raw = [&](int j) { return column[j].raw(); };
    if constexpr (columns == 2) hn::StoreInterleaved2(raw(0), raw(1), tag, y);
    if constexpr (columns == 3) hn::StoreInterleaved3(raw(0), raw(1), raw(2), tag, y);
    if constexpr (columns == 4) hn::StoreInterleaved4(raw(0), raw(1), raw(2), raw(3), tag, y);
  }
};

/// `width` rows.
template <int columns, class T>
void softmax_of_lane(const T* x, T scale, T* y, T* largest, T* log_total) {
  using V = Lane<T>;
  auto turned = Turned<columns, T>::load(x);
  V highest = turned.column[0];
  for (int j = 1; j < columns; ++j) highest = max(highest, turned.column[j]);
  V total = 0;
  for (V& column : turned.column) total = total + (column = exp(column - highest));
  const V share = V(scale) / total;
  for (V& column : turned.column) column = column * share;
  turned.store(y);
  LaneAccess<V>::store(highest, largest);
  LaneAccess<V>::store(log1p(total - 1), log_total);
}

/// Rows of few columns: a register takes one of several rows.
template <int columns, class T>
void softmax_of_narrow(const T* x, std::int64_t rows, T scale, T* y, T* largest, T* log_total) {
  constexpr std::int64_t width = Lane<T>::width;
  std::int64_t i = 0;
  for (; i + width <= rows; i += width)
    softmax_of_lane<columns>(x + i * columns, scale, y + i * columns, largest + i, log_total + i);
  const std::int64_t rest = rows - i;
  if (rest == 0) return;
  T copy[width * columns] = {}, highest[width], total[width];
  std::copy_n(x + i * columns, rest * columns, copy);
  softmax_of_lane<columns>(copy, scale, copy, highest, total);
  std::copy_n(copy, rest * columns, y + i * columns);
  std::copy_n(highest, rest, largest + i);
  std::copy_n(total, rest, log_total + i);
}

template <class T>
void softmax_of_wide(const T* x, std::int64_t rows, std::int64_t columns, T scale, T* y, T* largest, T* log_total) {
  using V = Lane<T>;
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* row = x + i * columns;
    T* out = y + i * columns;
    largest[i] = row_largest<V>(row, columns);
    const V highest = largest[i];
    map<V>(row, out, columns, false, [&](V v) { return exp(v - highest); });
    log_total[i] = row_sum<V>(columns, [&](auto at) { return at(out); });
    const V share = scale / log_total[i];
    map<V>(out, out, columns, false, [&](V v) { return v * share; });
  }
  map<V>(log_total, log_total, rows, false, [](V total) { return log1p(total - 1); });
}

template <class T>
void softmax_of(const T* x, std::int64_t rows, std::int64_t columns, T scale, T* y, T* largest, T* log_total) {
  switch (columns) {
    case 2: return softmax_of_narrow<2>(x, rows, scale, y, largest, log_total);
    case 3: return softmax_of_narrow<3>(x, rows, scale, y, largest, log_total);
    case 4: return softmax_of_narrow<4>(x, rows, scale, y, largest, log_total);
    default: return softmax_of_wide(x, rows, columns, scale, y, largest, log_total);
  }
}

}  // namespace

extern const SoftmaxRowsTable softmax_rows_table;
constinit const SoftmaxRowsTable softmax_rows_table{softmax_of<float>, softmax_of<double>};

}  // namespace relume::kernels::RELUME_TARGET
