#include "relume/kernels/active_rows.h"

#include "relume/kernels/active_rows_table.h"

namespace relume::kernels {

void add_active_rows(const float* x, std::int64_t n, const float* rows, std::int64_t width, float* y) {
  RELUME_CHOOSE_TABLE(active_rows_table).add(x, n, rows, width, y);
}

}  // namespace relume::kernels
