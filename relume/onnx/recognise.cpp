#include "relume/onnx/recognise.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "relume/base/require.h"
#include "relume/onnx/file_reader.h"

namespace relume::onnx {
namespace {

using activation::Kind;
using Numbers = std::vector<double>;

// As near as float32's constants and an exporter's formula come to the definition.
constexpr double tolerance = 3e-6;
constexpr std::size_t most_numbers = 8;  // of a term that are tried as parameters

/// Points on all scales, and around the numbers that stand in the term. None is a number that a parameter is likely to
/// be: where a function jumps, a float32 and the number that was meant lie on two sides.
Numbers points_for(const Numbers& numbers) {
  Numbers points{0};
  for (const double x : {1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4,  0.6,  0.75, 0.9,  1.0,  1.1,   1.5, 2.0, 2.7,
                         3.1,  3.6,  4.2,  5.0, 6.5, 8.0, 12.0, 19.0, 21.0, 30.0, 50.0, 100.0, 1e3, 1e5}) {
    points.push_back(x * 1.01237);
    points.push_back(-x * 0.98713);
  }
  for (std::size_t i = 0; i < std::min(numbers.size(), most_numbers); ++i)
    if (std::abs(numbers[i]) < 1e6)
      for (const double offset : {-0.71311, -0.013717, 0.013713, 0.71317}) {
        points.push_back(numbers[i] + offset);
        points.push_back(-numbers[i] + offset);
      }
  return points;
}

/// Where f has no finite value in the term's arithmetic, as where eˣ has none, it says nothing.
bool are_same(const Numbers& x, const Numbers& y, const Activation& f, double sign = 1) {
  std::size_t silent = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(y[i])) {
      ++silent;
      continue;
    }
    const double expected = f.entry().scalar(sign * x[i], f.parameters());
    if (!std::isfinite(expected) || std::abs(y[i] - expected) > tolerance * (1 + std::abs(expected))) return false;
  }
  return silent < x.size() / 4;
}

/// What may be a parameter: the numbers of the term, and what formulas make of parameters.
Numbers candidates(const Numbers& numbers) {
  std::set<double> found;
  for (std::size_t i = 0; i < std::min(numbers.size(), most_numbers); ++i)
    for (const double x : {numbers[i], -numbers[i], 1 / numbers[i]})
      if (!std::isnan(x)) found.insert(x);
  return {found.begin(), found.end()};
}

/// Numbers of float32 are shown as short as they were meant: 0.01, not 0.009999999776.
double short_number(double x) { return std::stod(fmt::format("{}", static_cast<float>(x))); }

/// Tries all values of the parameters from number `next` on.
bool fits(Activation& f, std::size_t next, const Numbers& values, const Numbers& x, const Numbers& y) {
  if (next == f.entry().parameters.size()) return are_same(x, y, f);
  const activation::Param& parameter = f.entry().parameters[next];
  for (std::size_t i = 0; i <= values.size(); ++i) {
    const double value = i == 0 ? parameter.value : short_number(values[i - 1]);
    if (!parameter.range.holds(value)) continue;
    f.set(parameter.name, value);
    if (fits(f, next + 1, values, x, y)) return true;
  }
  return false;
}

std::optional<Activation> activation_of(const Terms& terms, int begin, int end) {
  const Numbers numbers = terms.numbers(begin, end), x = points_for(numbers);
  const auto y = terms.values(begin, end, x);
  if (!y) return std::nullopt;
  for (const activation::Entry& entry : activation::table()) {
    Activation f(entry);
    if (entry.kind == Kind::elementwise && are_same(x, *y, f)) return f;
  }
  const Numbers values = candidates(numbers);
  for (const activation::Entry& entry : activation::table()) {
    Activation f(entry);
    if (entry.kind == Kind::elementwise && !entry.parameters.empty() && fits(f, 0, values, x, *y)) return f;
  }
  return std::nullopt;
}

std::vector<float> floats(const Numbers& numbers, std::int64_t width) {
  std::vector<float> all(static_cast<std::size_t>(width));
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<float>(numbers.size() == 1 ? numbers[0] : numbers[i]);
  return all;
}

/// One layer from one place of the term to another.
std::optional<infer::FrozenLayer> layer_of(const Terms& terms, int begin, int end, std::int64_t width) {
  if (const auto affine = terms.affine(begin, end))
    return infer::Scale{floats({0}, width), floats(affine->a, width), floats(affine->b, width)};
  if (const auto slopes = terms.slopes(begin, end))
    return infer::Slopes{floats(*slopes, slopes->size() == 1 ? 1 : width)};
  if (const auto f = activation_of(terms, begin, end)) return infer::Elementwise{*f};
  return std::nullopt;
}

}  // namespace

bool is_activation(const Terms& terms, int root, const Activation& f, double sign) {
  const Numbers x = points_for({});
  const auto y = terms.values(Terms::variable, root, x);
  return y && are_same(x, *y, f, sign);
}

std::vector<Recognised> layers_of(const Terms& terms, int root, std::int64_t width) {
  const std::vector<int> places = terms.narrow_places(root);
  std::vector<Recognised> layers;
  for (std::size_t at = 0; at + 1 < places.size();) {
    std::size_t next = places.size() - 1;
    std::optional<infer::FrozenLayer> layer;
    for (; next > at; --next)
      if ((layer = layer_of(terms, places[at], places[next], width))) break;
    require<InputError>(layer.has_value(), "node {} makes no activation that relume has",
                        terms.node(places[std::min(at + 1, places.size() - 1)]));
    layers.push_back({places[next], std::move(*layer)});
    at = next;
  }
  return layers;
}

}  // namespace relume::onnx
