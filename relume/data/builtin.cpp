#include "relume/data/builtin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/base/rng.h"

namespace relume::data {
namespace {

using std::numbers::pi;

struct Point {
  double x1, x2;
};

/// A row's class is its number's parity, so that any stretch of the table holds both.
template <class Curve>
Table two_classes(const BuiltinOptions& options, std::uint64_t purpose, double noise, Curve curve) {
  Rng rng = Rng(options.seed).fork(purpose);
  Table table;
  table.columns = {Column{.name = "x1"}, Column{.name = "x2"}, Column{.name = "label"}};
  for (std::int64_t row = 0; row < options.rows; ++row) {
    const bool second = row % 2 == 1;
    const Point point = curve(rng.uniform(), second);
    table.columns[0].numbers.push_back(point.x1 + noise * rng.normal());
    table.columns[1].numbers.push_back(point.x2 + noise * rng.normal());
    table.columns[2].numbers.push_back(second);
  }
  return table;
}

Table spirals(const BuiltinOptions& options) {
  return two_classes(options, 0, 0.02, [](double t, bool second) {
    // The square root spreads the points evenly along the arm.
    const double turn = std::sqrt(t) * 1.75, angle = 2 * pi * turn + (second ? pi : 0);
    return Point{turn / 1.75 * std::cos(angle), turn / 1.75 * std::sin(angle)};
  });
}

Table moons(const BuiltinOptions& options) {
  return two_classes(options, 1, 0.1, [](double t, bool second) {
    const double c = std::cos(pi * t), s = std::sin(pi * t);
    return second ? Point{1 - c, 0.5 - s} : Point{c, s};
  });
}

Table circles(const BuiltinOptions& options) {
  return two_classes(options, 2, 0.08, [](double t, bool second) {
    const double radius = second ? 0.5 : 1;
    return Point{radius * std::cos(2 * pi * t), radius * std::sin(2 * pi * t)};
  });
}

Table friedman(const BuiltinOptions& options) {
  Rng rng = Rng(options.seed).fork(3);
  Table table;
  for (int i = 1; i <= 10; ++i) table.columns.push_back(Column{.name = fmt::format("x{}", i)});
  table.columns.push_back(Column{.name = "y"});
  for (std::int64_t row = 0; row < options.rows; ++row) {
    std::array<double, 10> x{};
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = rng.uniform();
      table.columns[i].numbers.push_back(x[i]);
    }
    const double y = 10 * std::sin(pi * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] + 5 * x[4];
    table.columns[10].numbers.push_back(y + rng.normal());
  }
  return table;
}

struct Builtin {
  std::string_view name;
  Table (*make)(const BuiltinOptions&);
};

constexpr std::array<Builtin, 4> builtins = {
    {{"spirals", spirals}, {"moons", moons}, {"circles", circles}, {"friedman", friedman}}};

}  // namespace

const std::vector<std::string_view>& builtin_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Builtin& one : builtins) all.push_back(one.name);
    return all;
  }();
  return names;
}

Table builtin(std::string_view name, const BuiltinOptions& options) {
  const auto* found = std::ranges::find(builtins, name, &Builtin::name);
  require<InputError>(found != builtins.end(), "builtin: there is no '{}'; take one of {}", name,
                      fmt::join(builtin_names(), ", "));
  require<ValueError>(options.rows > 0, "builtin: {} rows; give 1 or more", options.rows);
  Table table = found->make(options);
  table.source = fmt::format("builtin:{}", name);
  return table;
}

}  // namespace relume::data
