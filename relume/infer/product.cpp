#include "relume/infer/product.h"

#include <algorithm>

#include "relume/kernels/panels.h"

namespace relume::infer {
namespace {

constexpr std::int64_t most_rows = kernels::WideRowTable::most_rows;

/// The list of what fired lies behind the sums of wide rows.
kernels::Fired list_in(const Product& product, float* room) {
  if (product.layout == Product::Layout::wide_rows) room += kernels::WideRowTable::room(most_rows);
  return {reinterpret_cast<std::uint32_t*>(room), 0};
}

bool fires_little(const Product& product, const ProductTables& tables, const Rows& rows) {
  if (!product.looks_for_zeros()) return false;
  std::int64_t left = rows.count * (rows.count < most_rows ? product.most_fired : product.most_fired_together);
  for (std::int64_t r = 0; r < rows.count && left >= 0; ++r)
    left -= tables.fired->count(rows.x + r * rows.x_stride, product.weights.inputs, left);
  return left >= 0;
}

}  // namespace

ProductTables ProductTables::in_use() {
  using namespace kernels;
  return {&kernels::panels(), &RELUME_CHOOSE_TABLE(fired_panel_table), &RELUME_CHOOSE_TABLE(wide_row_table),
          &RELUME_CHOOSE_TABLE(pruned_panel_table)};
}

std::int64_t room_for_zeros(std::int64_t inputs, bool wide_rows) {
  return inputs + kernels::Fired::ahead + (wide_rows ? kernels::WideRowTable::room(most_rows) : 0);
}

void run_all(const Product& product, const ProductTables& tables, const Rows& rows, float* room) {
  if (product.layout == Product::Layout::pruned)
    return tables.pruned->product(product.pruned, rows.x, rows.x_stride, rows.count, rows.y, rows.y_stride);
  if (product.layout == Product::Layout::panels)
    return tables.panels->product(product.weights, rows.x, rows.x_stride, rows.count, rows.y, rows.y_stride);
  for (std::int64_t r = 0; r < rows.count; r += most_rows) {
    const Rows some = rows.from(r, std::min(most_rows, rows.count - r));
    tables.wide->product(product.weights, some.x, some.x_stride, some.count, some.y, some.y_stride, room);
  }
}

void run_fired(const Product& product, const ProductTables& tables, const Rows& rows, float* room) {
  kernels::Fired fired = list_in(product, room);
  for (std::int64_t r = 0; r < rows.count; ++r) {
    const Rows row = rows.from(r, 1);
    tables.fired->list(row.x, product.weights.inputs, fired);
    if (product.layout == Product::Layout::panels)
      tables.fired->product(product.weights, row.x, fired, row.y, row.y_stride);
    else
      tables.wide->product_of_fired(product.weights, row.x, fired, row.y, room);
  }
}

void run(const Product& product, const ProductTables& tables, const Rows& rows, float* room) {
  (fires_little(product, tables, rows) ? run_fired : run_all)(product, tables, rows, room);
}

}  // namespace relume::infer
