#include "relume/train/paired_test.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <numbers>
#include <numeric>

#include "relume/base/require.h"

namespace relume::training {

double student_t_two_sided(double t, std::int64_t degrees) {
  require(degrees > 0, "student_t: {} degrees of freedom", degrees);
  const double theta = std::atan(std::fabs(t) / std::sqrt(static_cast<double>(degrees)));
  const double sine = std::sin(theta), squared = std::cos(theta) * std::cos(theta);
  const bool odd = degrees % 2 == 1;
  // The sum 1 + c²·… over every second number below the degrees of freedom.
  double term = odd ? std::cos(theta) : 1, sum = degrees == 1 ? 0 : term;
  for (std::int64_t i = odd ? 3 : 2; i < degrees; i += 2) {
    term *= squared * static_cast<double>(i - 1) / static_cast<double>(i);
    sum += term;
  }
  const double inside = odd ? 2 / std::numbers::pi * (theta + sine * sum) : sine * sum;
  return std::clamp(1 - inside, 0.0, 1.0);
}

double student_t_critical(double probability, std::int64_t degrees) {
  double low = 0, high = 1;
  while (student_t_two_sided(high, degrees) > probability && high < 1e12) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (student_t_two_sided(middle, degrees) > probability ? low : high) = middle;
  }
  return high;
}

namespace {

struct Spread {
  double mean = 0;
  double of_mean = 0;  // deviation of the mean
};

Spread spread_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

}  // namespace

Mean mean_of(std::span<const double> values) {
  if (values.empty()) return {};
  const Spread spread = spread_of(values);
  if (values.size() == 1) return {spread.mean, 0};
  return {spread.mean, spread.of_mean * student_t_critical(0.05, static_cast<std::int64_t>(values.size()) - 1)};
}

double paired_p(std::span<const double> a, std::span<const double> b) {
  require(a.size() == b.size(), "paired_p: {} measurements of one and {} of the other", a.size(), b.size());
  if (a.size() < 2) return 1;
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(), std::minus<>());
  const Spread spread = spread_of(differences);
  if (spread.of_mean == 0) return spread.mean == 0 ? 1 : 0;
  return student_t_two_sided(spread.mean / spread.of_mean, static_cast<std::int64_t>(a.size()) - 1);
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return std::is_lt(std::weak_order(p[i], p[j])); });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace relume::training
