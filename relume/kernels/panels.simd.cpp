#include "relume/kernels/panel_sums.h"
#include "relume/kernels/panels_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Rows that share a weight once it is in a register: as many as the registers have sums for.
template <int lanes>
constexpr int rows_at_once = HWY_CAP_GE512 ? (lanes == 4 ? 6 : 8) : (lanes == 4 ? 2 : 4);

/// All parts side by side.
template <int lanes>
[[gnu::always_inline]] inline void one_row(std::int64_t inputs, const float* weight, const float* bias, const float* x,
                                           Row row) {
  constexpr int count = parts<lanes>;
  const std::int64_t length = inputs / count, step = length * lanes * width;
  V sum[static_cast<std::size_t>(count * lanes)];
  for (int l = 0; l < lanes; ++l) sum[l] = Access::load(bias + l * width);
  for (int i = lanes; i < count * lanes; ++i) sum[i] = V(0);
  for (std::int64_t p = 0; p < length; ++p) {
    const float* w = weight + p * lanes * width;
    for (int s = 0; s < count; ++s) {
      const V factor = x[s * length + p];
      for (int l = 0; l < lanes; ++l)
        sum[s * lanes + l] = fma(factor, Access::load(w + s * step + l * width), sum[s * lanes + l]);
    }
  }
  for (std::int64_t p = count * length; p < inputs; ++p)
    for (int l = 0; l < lanes; ++l) {
      V& last = sum[(count - 1) * lanes + l];
      last = fma(V(x[p]), Access::load(weight + (p * lanes + l) * width), last);
    }
  join<count, lanes>(sum);
  row.store<lanes>(sum);
}

/// One part of several rows, whose sums begin with what `sum` holds.
template <int rows, int lanes>
[[gnu::always_inline]] inline void add_part(std::int64_t begin, std::int64_t end, const float* weight, const float* x,
                                            std::int64_t x_stride, V* sum) {
  V total[static_cast<std::size_t>(rows * lanes)];
  for (int i = 0; i < rows * lanes; ++i) total[i] = sum[i];
  for (std::int64_t p = begin; p < end; ++p) {
    V w[static_cast<std::size_t>(lanes)];
    for (int l = 0; l < lanes; ++l) w[l] = Access::load(weight + (p * lanes + l) * width);
    for (int r = 0; r < rows; ++r) {
      const V factor = x[r * x_stride + p];
      for (int l = 0; l < lanes; ++l) total[r * lanes + l] = fma(factor, w[l], total[r * lanes + l]);
    }
  }
  for (int i = 0; i < rows * lanes; ++i) sum[i] = total[i];
}

/// The parts one after the other.
template <int rows, int lanes>
void several_rows(std::int64_t inputs, const float* weight, const float* bias, const float* x, std::int64_t x_stride,
                  float* y, std::int64_t y_stride, std::int64_t room) {
  constexpr int count = parts<lanes>;
  const std::int64_t length = inputs / count;
  V sum[static_cast<std::size_t>(count)][static_cast<std::size_t>(rows * lanes)];
  for (int s = 0; s < count; ++s) {
    for (int i = 0; i < rows * lanes; ++i) sum[s][i] = s == 0 ? Access::load(bias + i % lanes * width) : V(0);
    add_part<rows, lanes>(s * length, s + 1 < count ? (s + 1) * length : inputs, weight, x, x_stride, sum[s]);
  }
  join<count, rows * lanes>(&sum[0][0]);
  for (int r = 0; r < rows; ++r) Row{y + r * y_stride, room}.store<lanes>(sum[0] + r * lanes);
}

template <int lanes>
void panel(std::int64_t inputs, const float* weight, const float* bias, const float* x, std::int64_t x_stride,
           std::int64_t rows, float* y, std::int64_t y_stride, std::int64_t room) {
  constexpr int block = rows_at_once<lanes>;
  for (; rows >= block; rows -= block, x += block * x_stride, y += block * y_stride)
    several_rows<block, lanes>(inputs, weight, bias, x, x_stride, y, y_stride, room);
  for (; rows > 0; --rows, x += x_stride, y += y_stride) one_row<lanes>(inputs, weight, bias, x, {y, room});
}

void pack(std::int64_t inputs, std::int64_t outputs, const float* weight, float* packed) {
  for (std::int64_t j = 0; j < outputs;) {
    const std::int64_t wide = lanes_for(outputs - j) * width;
    for (std::int64_t p = 0; p < inputs; ++p)
      for (std::int64_t c = 0; c < wide; ++c) *packed++ = j + c < outputs ? weight[(j + c) * inputs + p] : 0.0f;
    j += wide;
  }
}

void product(const Panels& p, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
             std::int64_t y_stride) {
  const float* weight = p.weight;
  const std::int64_t room = room_for(p.outputs, y_stride);
  for (std::int64_t j = 0; j < p.outputs;) {
    const int lanes = lanes_for(p.outputs - j);
    const auto run = lanes == 4 ? panel<4> : lanes == 2 ? panel<2> : panel<1>;
    run(p.inputs, weight, p.bias + j, x, x_stride, rows, y + j, y_stride, room - j);
    weight += p.inputs * lanes * width;
    j += lanes * width;
  }
}

}  // namespace

extern const PanelTable panel_table;
constinit const PanelTable panel_table{panel_columns, pack, product};

}  // namespace relume::kernels::RELUME_TARGET
