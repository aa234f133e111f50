#include "apps/relume/checks.h"

#include <cmath>
#include <cstdint>
#include <string>

namespace relume::app {
namespace {

template <class Number, class Holds>
CLI::Validator number_that(Holds holds, const std::string& in_words) {
  return CLI::Validator(
      [holds, in_words](const std::string& text) -> std::string {
        Number value{};
        return CLI::detail::lexical_cast(text, value) && holds(value) ? "" : text + " is not " + in_words;
      },
      "");
}

}  // namespace

CLI::Validator at_least_one() {
  // Products of two such numbers, as of epochs and steps, are numbers still.
  constexpr std::int64_t most = std::int64_t{1} << 40;
  return number_that<std::int64_t>([](std::int64_t value) { return value >= 1 && value <= most; },
                                   "a whole number from 1 to 2^40");
}

CLI::Validator above_zero() {
  return number_that<double>([](double value) { return std::isfinite(value) && value > 0; }, "a number above 0");
}

CLI::Validator not_below_zero() {
  return number_that<double>([](double value) { return std::isfinite(value) && value >= 0; }, "a number of at least 0");
}

CLI::Validator stdin_by_dash() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        if (text == "-") text = "/dev/stdin";
        return {};
      },
      "");
}

}  // namespace relume::app
