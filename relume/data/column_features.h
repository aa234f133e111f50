// Private. The features of one field of a row: what preprocessing makes of a number and of a category.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "relume/data/preprocess.h"

namespace relume::data {

/// sign(u) log(1 + |u|) with u = (x − center) / unit
double squeeze(double x, double center, double unit);

/// The same of a skewed column, of others x itself; standardised and clipped.
float standardise(const ColumnPlan& plan, double x);

/// Of a number, NaN where it is missing; `median` is standardise(plan, plan.median).
inline void write_number(const ColumnPlan& plan, double x, float median, float* out) {
  out[0] = std::isnan(x) ? median : standardise(plan, x);
  if (plan.flags_missing) out[1] = std::isnan(x) ? 1.0f : 0.0f;
}

/// Of the category of that place; any other place stands for everything else.
inline void write_category(const ColumnPlan& plan, std::int64_t at, float* out) {
  const auto other = static_cast<std::int64_t>(plan.categories.size());
  std::fill(out, out + other + 1, 0.0f);
  if (at >= 0 && at < other)
    out[at] = 1;
  else if (plan.shares.empty())
    out[other] = 1;
  else
    std::ranges::copy(plan.shares, out);
}

}  // namespace relume::data
