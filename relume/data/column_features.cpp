#include "relume/data/column_features.h"

#include <algorithm>
#include <cmath>

namespace relume::data {

double squeeze(double x, double center, double unit) {
  const double u = (x - center) / unit;
  return std::copysign(std::log1p(std::abs(u)), u);
}

std::int64_t ColumnPlan::features() const {
  return kind == ColumnKind::text ? static_cast<std::int64_t>(categories.size()) + 1 : 1 + flags_missing;
}

std::int64_t Preprocessor::features() const {
  std::int64_t count = 0;
  for (const ColumnPlan& plan : used_) count += plan.features();
  return count;
}

float standardise(const ColumnPlan& plan, double x) {
  const double value = plan.logarithmic ? squeeze(x, plan.center, plan.unit) : x;
  const double scaled = (value - plan.mean) / plan.deviation;
  return static_cast<float>(std::clamp(scaled, -Preprocessor::limit, Preprocessor::limit));
}

}  // namespace relume::data
