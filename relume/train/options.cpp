#include "relume/train/options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/optim/optimizer_table.h"
#include "relume/train/option_table.h"

namespace relume::training {
namespace {

constexpr std::array<std::string_view, 2> precision_names = {"float32", "bf16"};
constexpr std::array<std::string_view, 4> on_dead_names = {"report", "revive", "leaky", "stop"};
constexpr std::array<std::string_view, 3> on_explode_names = {"stop", "clip", "backoff"};

/// The place of a name among those of an enumeration.
std::size_t place_of(std::string_view name, std::span<const std::string_view> names, const char* option) {
  const auto found = std::ranges::find(names, name);
  require(found != names.end(), "{}: \"{}\" is not one of {}", option, name, fmt::join(names, ", "));
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

kernels::MatmulPrecision precision_from_name(std::string_view name) {
  return static_cast<kernels::MatmulPrecision>(place_of(name, precision_names, "precision"));
}

OnDead on_dead_from_name(std::string_view name) {
  return static_cast<OnDead>(place_of(name, on_dead_names, "on_dead"));
}

OnExplode on_explode_from_name(std::string_view name) {
  return static_cast<OnExplode>(place_of(name, on_explode_names, "on_explode"));
}

std::string_view name(kernels::MatmulPrecision precision) {
  return precision_names[static_cast<std::size_t>(precision)];
}
std::string_view name(OnDead what) { return on_dead_names[static_cast<std::size_t>(what)]; }
std::string_view name(OnExplode what) { return on_explode_names[static_cast<std::size_t>(what)]; }

}  // namespace relume::training

namespace relume {

Interval::Interval(const std::string& text) {
  constexpr std::array<std::pair<char, double>, 3> units = {{{'s', 1}, {'m', 60}, {'h', 3600}}};
  const std::string_view number(text.data(), text.empty() ? 0 : text.size() - 1);
  double count = 0;
  for (const auto& [letter, seconds] : units)
    if (!text.empty() && text.back() == letter && parse(number, count)) seconds_ = count * seconds;
  require(seconds_ > 0 || parse(text, steps_),
          "interval: \"{}\" is neither a number of steps such as 500 nor a time such as 10m, 90s or 1h", text);
  check();
}

void Interval::check() const {
  require(given() && std::isfinite(seconds_), "interval: it is to be above 0; give 1 step or more, or some time");
}

}  // namespace relume

namespace relume::training {

Options resolve(Options options, std::int64_t rows) {
  check_limits(options);
  const auto n = static_cast<double>(std::max<std::int64_t>(rows, 1));
  if (options.batch_size <= 0) options.batch_size = n < 2000 ? 32 : n < 20000 ? 64 : 128;
  const double steps = std::ceil(n / static_cast<double>(options.batch_size));
  // Small tables need many passes, large ones few: about 20,000 steps, within 10 to 200 epochs, but 2000 steps at
  // least.
  if (options.epochs <= 0)
    options.epochs =
        static_cast<std::int64_t>(std::max(std::clamp(20000 / steps, 10.0, 200.0), std::ceil(2000 / steps)));
  // With all of them in place of a quarter, 50 runs of six tables ended at the same loss to 0.0001, and much later.
  if (options.patience <= 0) options.patience = std::max<std::int64_t>(options.epochs / 4, 10);
  const optim::OptimizerInfo& optimizer = optim::find_optimizer(options.optimizer).info;
  if (options.lr <= 0) options.lr = optimizer.lr;
  if (options.weight_decay < 0) options.weight_decay = optimizer.weight_decay;
  return options;
}

}  // namespace relume::training
