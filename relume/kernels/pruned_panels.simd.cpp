// How the product of a pruned layer flows: panels and their sums are those of panels.h, of which each has eight
// vectors. Each of these eight has a list of its own: the inputs of which it has weights that are not all 0, and those
// weights.
//
//   for each panel:  for each of its eight sums s:  for each (p, w) in the list of s:  sum[s] += x[p] · w
//
// The lists go side by side as far as the shortest reaches, one entry of each after the other in memory, and what is
// left of each follows: weights are read once, from front to back. A sum gets its inputs in the order of panels.h.
#include "relume/kernels/panel_sums.h"
#include "relume/kernels/pruned_panels_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

constexpr int sums = PrunedPanels::sums;
/// Rows that share a weight once it is in a register.
constexpr int rows_at_once = HWY_CAP_GE512 ? 3 : 1;

/// Where the lists have been read up to.
struct Place {
  const float* weight;
  const std::uint32_t* index;
};

/// Sums of one panel for some rows, and where the next panel's lists begin.
template <int rows>
Place add_lists(Place at, const float* x, std::int64_t x_stride, V (*total)[sums]) {
  V sum[static_cast<std::size_t>(rows)][sums];
  for (int r = 0; r < rows; ++r)
    for (int s = 0; s < sums; ++s) sum[r][s] = total[r][s];
  const std::uint32_t* lengths = at.index;
  const float* weight = at.weight;
  const std::uint32_t* index = lengths + PrunedPanels::header;
  for (std::uint32_t k = lengths[0]; k > 0; --k, index += sums, weight += sums * width)
    for (int s = 0; s < sums; ++s) {
      const V w = Access::load(weight + s * width);
      for (int r = 0; r < rows; ++r) sum[r][s] = fma(V(x[r * x_stride + index[s]]), w, sum[r][s]);
    }
  for (int s = 0; s < sums; ++s)
    for (std::uint32_t k = lengths[1 + s]; k > 0; --k, ++index, weight += width) {
      const V w = Access::load(weight);
      for (int r = 0; r < rows; ++r) sum[r][s] = fma(V(x[r * x_stride + *index]), w, sum[r][s]);
    }
  for (int r = 0; r < rows; ++r)
    for (int s = 0; s < sums; ++s) total[r][s] = sum[r][s];
  return {weight, index};
}

template <int lanes>
void finish(V* sum, Row row) {
  join<parts<lanes>, lanes>(sum);
  row.store<lanes>(sum);
}

template <int rows>
void some_rows(const PrunedPanels& p, const float* x, std::int64_t x_stride, float* y, std::int64_t y_stride) {
  const std::int64_t room = room_for(p.outputs, y_stride);
  Place at{p.weight, p.index};
  for (std::int64_t j = 0; j < p.outputs;) {
    const int lanes = lanes_for(p.outputs - j);
    V sum[static_cast<std::size_t>(rows)][sums];
    for (auto& row : sum)
      for (int s = 0; s < sums; ++s) row[s] = s < lanes ? Access::load(p.bias + j + s * width) : V(0);
    at = add_lists<rows>(at, x, x_stride, sum);
    for (int r = 0; r < rows; ++r)
      (lanes == 4 ? finish<4> : lanes == 2 ? finish<2> : finish<1>)(sum[r], {y + r * y_stride + j, room - j});
    j += lanes * width;
  }
}

void product(const PrunedPanels& p, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
             std::int64_t y_stride) {
  constexpr int some = rows_at_once;
  for (; rows >= some; rows -= some, x += some * x_stride, y += some * y_stride)
    some_rows<some>(p, x, x_stride, y, y_stride);
  for (; rows > 0; --rows, x += x_stride, y += y_stride) some_rows<1>(p, x, x_stride, y, y_stride);
}

}  // namespace

extern const PrunedPanelTable pruned_panel_table;
constinit const PrunedPanelTable pruned_panel_table{width, product};

}  // namespace relume::kernels::RELUME_TARGET
