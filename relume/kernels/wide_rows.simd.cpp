// How the product of a layer flows whose weights come from memory each time: what an input is multiplied with lies in
// rows of up to 1024 outputs, each a page of memory, which the machine reads as fast as it can read anything:
//
//   for each group of 1024 outputs:  for each input p in its order:  sum[·] += x[p] · row[p][·]
//
// A 0 adds nothing and its pages are left out. The sums of a group do not fit the registers but do the nearest cache;
// eight inputs are added at a time while the rows of the next eight are fetched. There are two sums an output, one for
// each half of the inputs, and they are joined as those of a panel are (panels.h).
#include <algorithm>

#include "relume/kernels/panel_sums.h"
#include "relume/kernels/wide_rows_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

constexpr std::int64_t group_width = WideRowTable::group_width;
constexpr int together = 8, together_of_several = HWY_CAP_GE512 ? 8 : 4;

/// The weights of some outputs, one row behind the other for each input.
struct Group {
  const float* weight;
  std::int64_t columns;
};

template <class F>
void each_group(const Panels& layer, F f) {
  for (std::int64_t j = 0; j < layer.outputs; j += group_width)
    f(Group{layer.weight + j * layer.inputs, std::min(group_width, layer.outputs - j)}, j);
}

void pack(std::int64_t inputs, std::int64_t outputs, const float* weight, float* packed) {
  for (std::int64_t j = 0; j < outputs; j += group_width) {
    const std::int64_t end = std::min(j + group_width, outputs);
    for (std::int64_t p = 0; p < inputs; ++p)
      for (std::int64_t c = j; c < end; ++c) *packed++ = weight[c * inputs + p];
  }
}

/// `p` are the inputs, behind them those that are fetched.
template <int count>
[[gnu::always_inline]] inline void add(const Group& group, const float* x, const std::uint32_t* p, float* sum) {
  V factor[static_cast<std::size_t>(count)];
  const float* row[static_cast<std::size_t>(count)];
  const float* next[static_cast<std::size_t>(count)];
  for (int i = 0; i < count; ++i) {
    factor[i] = x[p[i]];
    row[i] = group.weight + p[i] * group.columns;
    next[i] = group.weight + p[i + count] * group.columns;
  }
  for (std::int64_t c = 0; c < group.columns; c += width) {
    V v = Access::load(sum + c);
    for (int i = 0; i < count; ++i) {
      v = fma(factor[i], Access::load(row[i] + c), v);
      __builtin_prefetch(next[i] + c, 0, 2);
    }
    Access::store(v, sum + c);
  }
}

/// From input p on, to the sums of some rows.
template <int count>
[[gnu::always_inline]] inline void add_to_several(const Group& group, std::int64_t p, const float* x,
                                                  std::int64_t x_stride, std::int64_t rows, float* sum) {
  constexpr int lanes = 2;
  for (std::int64_t c = 0; c < group.columns; c += lanes * width) {
    V w[static_cast<std::size_t>(count)][static_cast<std::size_t>(lanes)];
    for (int i = 0; i < count; ++i)
      for (int l = 0; l < lanes; ++l) {
        const float* at = group.weight + (p + i) * group.columns + c + l * width;
        w[i][l] = Access::load(at);
        __builtin_prefetch(at + count * group.columns, 0, 2);
      }
    for (std::int64_t r = 0; r < rows; ++r)
      for (int l = 0; l < lanes; ++l) {
        float* at = sum + r * 2 * group_width + c + l * width;
        V v = Access::load(at);
        for (int i = 0; i < count; ++i) v = fma(V(x[r * x_stride + p + i]), w[i][l], v);
        Access::store(v, at);
      }
  }
}

/// The sums of the first half begin with the bias.
void begin(const float* bias, std::int64_t columns, float* sum) {
  std::copy_n(bias, columns, sum);
  std::fill_n(sum + group_width, columns, 0.0f);
}

void finish(const float* sum, std::int64_t columns, float* y) {
  for (std::int64_t c = 0; c < columns; c += width)
    Access::store(Access::load(sum + c) + Access::load(sum + group_width + c), y + c);
}

void product_of_fired(const Panels& layer, const float* x, const Fired& fired, float* y, float* sum) {
  const std::uint32_t* ends[] = {fired.index, fired.from(layer.inputs / 2), fired.index + fired.count};
  each_group(layer, [&](const Group& group, std::int64_t j) {
    begin(layer.bias + j, group.columns, sum);
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t* p = ends[half];
      for (; ends[half + 1] - p >= together; p += together) add<together>(group, x, p, sum + half * group_width);
      for (; p < ends[half + 1]; ++p) add<1>(group, x, p, sum + half * group_width);
    }
    finish(sum, group.columns, y + j);
  });
}

void product(const Panels& layer, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
             std::int64_t y_stride, float* sum) {
  constexpr int some = together_of_several;
  const std::int64_t ends[] = {0, layer.inputs / 2, layer.inputs};
  each_group(layer, [&](const Group& group, std::int64_t j) {
    for (std::int64_t r = 0; r < rows; ++r) begin(layer.bias + j, group.columns, sum + r * 2 * group_width);
    for (int half = 0; half < 2; ++half) {
      float* of_half = sum + half * group_width;
      std::int64_t p = ends[half];
      for (; p + some <= ends[half + 1]; p += some) add_to_several<some>(group, p, x, x_stride, rows, of_half);
      for (; p < ends[half + 1]; ++p) add_to_several<1>(group, p, x, x_stride, rows, of_half);
    }
    for (std::int64_t r = 0; r < rows; ++r) finish(sum + r * 2 * group_width, group.columns, y + r * y_stride + j);
  });
}

}  // namespace

extern const WideRowTable wide_row_table;
constinit const WideRowTable wide_row_table{pack, product_of_fired, product};

}  // namespace relume::kernels::RELUME_TARGET
