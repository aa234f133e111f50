#include "relume/kernels/exp_rows.h"

#include <algorithm>

#include "relume/kernels/lane.h"
#include "relume/kernels/row.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Rows of few columns: a register takes several.
template <class T>
void exp_of_narrow(const T* x, std::int64_t rows, std::int64_t columns, T* y, T* largest, T* total) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* row = x + i * columns;
    T highest = row[0];  // not by std::max_element, whose branches nobody can predict
    for (std::int64_t j = 1; j < columns; ++j) highest = highest < row[j] ? row[j] : highest;
    for (std::int64_t j = 0; j < columns; ++j) y[i * columns + j] = row[j] - highest;
    largest[i] = highest;
  }
  map<Lane<T>>(y, y, rows * columns, false, [](Lane<T> v) { return exp(v); });
  for (std::int64_t i = 0; i < rows; ++i) {
    T sum = 0;
    for (std::int64_t j = 0; j < columns; ++j) sum += y[i * columns + j];
    total[i] = sum;
  }
}

template <class T>
void exp_of(const T* x, std::int64_t rows, std::int64_t columns, T* y, T* largest, T* total) {
  using V = Lane<T>;
  if (columns <= V::width / 4) return exp_of_narrow(x, rows, columns, y, largest, total);
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* row = x + i * columns;
    T* out = y + i * columns;
    largest[i] = row_largest<V>(row, columns);
    const V highest = largest[i];
    map<V>(row, out, columns, false, [&](V v) { return exp(v - highest); });
    total[i] = row_sum<V>(columns, [&](auto at) { return at(out); });
  }
}

}  // namespace

extern const ExpRowsTable exp_rows_table;
constinit const ExpRowsTable exp_rows_table{exp_of<float>, exp_of<double>};

}  // namespace relume::kernels::RELUME_TARGET
