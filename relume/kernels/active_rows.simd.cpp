// How the product flows: y[c] += Σ_j x[j] rows[j, c], a row after the other, four that count at a time.
#include "relume/kernels/active_rows_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Of the rows from j on the next one that counts; n where there is none.
std::int64_t next_active(const float* x, std::int64_t n, std::int64_t j) {
  while (j < n && x[j] == 0) ++j;
  return j;
}

/// Four rows at a time, so that y is fetched and stored a quarter as often.
void add(const float* x, std::int64_t n, const float* rows, std::int64_t width, float* y) {
  constexpr int together = 4;
  for (std::int64_t j = next_active(x, n, 0); j < n;) {
    const float* row[together];
    float factor[together] = {};
    for (int i = 0; i < together; ++i) {
      row[i] = j < n ? rows + j * width : nullptr;
      factor[i] = j < n ? x[j] : 0;
      if (j < n) j = next_active(x, n, j + 1);
    }
    if (row[together - 1]) {
      for (std::int64_t c = 0; c < width; ++c)
        y[c] += factor[0] * row[0][c] + factor[1] * row[1][c] + (factor[2] * row[2][c] + factor[3] * row[3][c]);
      continue;
    }
    for (int i = 0; i < together && row[i]; ++i)
      for (std::int64_t c = 0; c < width; ++c) y[c] += factor[i] * row[i][c];
  }
}

}  // namespace

extern const ActiveRowsTable active_rows_table;
constinit const ActiveRowsTable active_rows_table{add};

}  // namespace relume::kernels::RELUME_TARGET
