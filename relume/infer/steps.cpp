#include "relume/infer/steps.h"

#include <algorithm>
#include <cmath>

namespace relume::infer::steps {
namespace {

/// Calls f(x, y) for each row.
template <class F>
void each_row(const Rows& rows, F f) {
  for (std::int64_t r = 0; r < rows.count; ++r) f(rows.x + r * rows.x_stride, rows.y + r * rows.y_stride);
}

/// Sums in a fixed order, four of them under way.
template <class F>
double sum(std::int64_t n, F value) {
  double part[4] = {};
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (std::int64_t k = 0; k < 4; ++k) part[k] += value(i + k);
  for (; i < n; ++i) part[0] += value(i);
  return (part[0] + part[1]) + (part[2] + part[3]);
}

}  // namespace

void scale(const Step& step, const Rows& rows) {
  each_row(rows, [&](const float* x, float* y) {
    for (std::int64_t i = 0; i < step.width; ++i) y[i] = (x[i] - step.center[i]) * step.factor[i] + step.offset[i];
  });
}

void elementwise(const Step& step, const Rows& rows) {
  const auto forward = step.loops->elementwise.forward;
  // Rows without gaps, or with gaps that may be written, are one long row, of whole vectors where there is room: what
  // is written in part is read late.
  if (rows.x_stride == rows.y_stride) {
    const std::int64_t end = std::min(rows.x_stride, (step.width + 15) / 16 * 16);
    return forward(rows.x, rows.y, (rows.count - 1) * rows.x_stride + end, step.parameters.data(), false);
  }
  each_row(rows, [&](const float* x, float* y) { forward(x, y, step.width, step.parameters.data(), false); });
}

void slopes(const Step& step, const Rows& rows) {
  const bool many = step.groups > 1;
  each_row(rows,
           [&](const float* x, float* y) { step.loops->parametric.forward(x, step.factor, many, y, step.width); });
}

void along_rows(const Step& step, const Rows& rows) {
  each_row(rows, [&](const float* x, float* y) { step.loops->rows.forward(x, y, 1, step.width); });
}

void gated(const Step& step, const Rows& rows) {
  each_row(rows, [&](const float* x, float* y) {
    step.loops->elementwise.forward(x + step.width, y, step.width, step.parameters.data(), false);
    for (std::int64_t i = 0; i < step.width; ++i) y[i] *= x[i];
  });
}

void both_signs(const Step& step, const Rows& rows) {
  const std::int64_t half = step.width_in;
  each_row(rows, [&](const float* x, float* y) {
    for (std::int64_t i = 0; i < half; ++i) y[i] = x[i], y[half + i] = -x[i];
    step.loops->elementwise.forward(y, y, 2 * half, step.parameters.data(), false);
  });
}

void normalise(const Step& step, const Rows& rows) {
  const std::int64_t n = step.width / step.groups;
  each_row(rows, [&](const float* x, float* y) {
    for (std::int64_t begin = 0; begin < step.width; begin += n) {
      const auto at = [&](std::int64_t i) { return static_cast<double>(x[begin + i]); };
      const double mean = sum(n, at) / static_cast<double>(n);
      const double variance =
          sum(n, [&](std::int64_t i) { return (at(i) - mean) * (at(i) - mean); }) / static_cast<double>(n);
      const double inverse = 1 / std::sqrt(variance + step.epsilon);
      for (std::int64_t i = begin; i < begin + n; ++i)
        y[i] = static_cast<float>((static_cast<double>(x[i]) - mean) * inverse) * step.factor[i] + step.offset[i];
    }
  });
}

void copy(const Step& step, const Rows& rows) {
  each_row(rows, [&](const float* x, float* y) { std::copy_n(x, step.width, y); });
}

void add(const Step& step, const Rows& rows) {
  each_row(rows, [&](const float* x, float* y) {
    for (std::int64_t i = 0; i < step.width; ++i) y[i] += x[i];
  });
}

}  // namespace relume::infer::steps
