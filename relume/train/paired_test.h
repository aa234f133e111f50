// Public. Whether two variants that were measured under the same circumstances differ by more than chance.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace relume::training {

/// P(|T| ≥ |t|) of Student's t with so many degrees of freedom. Abramowitz, Stegun, 26.7.3 and 26.7.4.
double student_t_two_sided(double t, std::int64_t degrees);

/// The t that |T| exceeds with that probability.
double student_t_critical(double probability, std::int64_t degrees);

/// The mean of some measurements, and half the width of its 95 % confidence interval (0 for one measurement).
struct Mean {
  double mean = 0;
  double half_width = 0;
};
Mean mean_of(std::span<const double> values);

/// Student's t-test on the differences a[i] − b[i]: the probability of differences as large as these where there are
/// none in truth. 1 for fewer than two pairs. Throws ValueError where the lengths differ.
double paired_p(std::span<const double> a, std::span<const double> b);

/// Each p as it counts among so many: sorted, multiplied by n, n − 1, …, and never smaller than the one before.
/// Holm, "A simple sequentially rejective multiple test procedure", 1979.
std::vector<double> holm(std::span<const double> p);

}  // namespace relume::training
