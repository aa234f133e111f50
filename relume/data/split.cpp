#include "relume/data/split.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <numeric>

#include "relume/base/require.h"
#include "relume/base/rng.h"

namespace relume::data {
namespace {

std::size_t part_size(double wanted, std::size_t rows, const char* part) {
  require<ValueError>(wanted >= 0 && std::isfinite(wanted),
                      "split: {} is {}; give a fraction below 1 or a number of rows", part, wanted);
  if (wanted >= 1) return static_cast<std::size_t>(std::min(wanted, 1e15));
  const auto size = static_cast<std::size_t>(std::llround(wanted * static_cast<double>(rows)));
  return wanted > 0 && size == 0 && rows >= 3 ? 1 : size;
}

/// Groups of rows whose targets are alike: the classes, or ten bands of a number's ranks.
std::vector<std::vector<std::size_t>> strata(const Tensor& targets, std::size_t rows) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::vector<std::size_t>> groups;
  if (targets.dtype() == int64) {
    const std::vector<std::int64_t> classes = targets.to_vector<std::int64_t>();
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return classes[i]; });
    for (std::size_t k = 0; k < rows; ++k) {
      if (k == 0 || classes[order[k]] != classes[order[k - 1]]) groups.emplace_back();
      groups.back().push_back(order[k]);
    }
    return groups;
  }
  const std::vector<double> values = targets.to_vector<double>();
  // NaN has a place in the order of std::weak_order, which operator< does not give it.
  std::ranges::stable_sort(
      order, [](double a, double b) { return std::is_lt(std::weak_order(a, b)); },
      [&](std::size_t i) { return values[i]; });
  const std::size_t bands = std::clamp<std::size_t>(rows / 20, 1, 10);
  groups.resize(bands);
  for (std::size_t k = 0; k < rows; ++k) groups[k * bands / rows].push_back(order[k]);
  return groups;
}

struct Keyed {
  double key;
  std::size_t index;
};

/// An order of which every stretch from the front holds its share of each group, and whose end holds one row of each.
std::vector<std::size_t> spread(const std::vector<std::vector<std::size_t>>& groups, std::uint64_t seed) {
  Rng rng(seed, 0x73706c6974);
  std::vector<Keyed> keyed;
  for (const auto& group : groups) {
    std::vector<std::int64_t> members(group.begin(), group.end());
    rng.shuffle(members);
    const double offset = rng.uniform();
    for (std::size_t k = 0; k < members.size(); ++k) {
      const bool kept_for_training = k + 1 == members.size();
      const double key =
          kept_for_training ? 2 : (static_cast<double>(k) + offset) / static_cast<double>(members.size());
      keyed.push_back({key, static_cast<std::size_t>(members[k])});
    }
  }
  std::ranges::stable_sort(keyed, {}, &Keyed::key);
  std::vector<std::size_t> order;
  for (const Keyed& entry : keyed) order.push_back(entry.index);
  return order;
}

}  // namespace

std::vector<std::int64_t> count_to(std::int64_t n) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  return numbers;
}

Split split_rows(std::span<const std::int64_t> rows, const Tensor& targets, const SplitOptions& options) {
  const std::size_t n = rows.size();
  require<ShapeError>(static_cast<std::size_t>(targets.size(0)) == n, "split: {} rows but targets {}", n,
                      targets.shape());
  const std::size_t test = part_size(options.test, n, "test"), valid = part_size(options.valid, n, "valid");
  require<ValueError>(
      test < n && valid < n - test,
      "split: {} rows cannot give {} for validation and {} for test and leave any to train; ask for fewer", n, valid,
      test);
  const std::vector<std::size_t> order = spread(strata(targets, n), options.seed);
  const auto part = [&](std::size_t begin, std::size_t end) {
    std::vector<std::int64_t> taken;
    for (std::size_t k = begin; k < end; ++k) taken.push_back(rows[order[k]]);
    std::ranges::sort(taken);
    return taken;
  };
  return {part(test + valid, n), part(test, test + valid), part(0, test)};
}

}  // namespace relume::data
