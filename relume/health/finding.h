// What a health rule has found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace relume::health {

enum class Severity : std::uint8_t { info, warning, error };

/// "info", "warning", "error"
std::string_view name(Severity severity);

/// A verdict with what it rests on, in words for a tired person.
struct Finding {
  std::string rule;
  Severity severity = Severity::info;
  std::string layer;                ///< "relu1"; empty where it concerns the whole run
  std::vector<std::int64_t> units;  ///< of that layer, counted from 0
  std::int64_t step = 0;            ///< the optimizer step at which it was seen
  std::vector<std::pair<std::string, double>> evidence;
  std::string cause;
  std::string remedy;
};

/// "relu2: 61 of 128 units never fired on 10,000 rows. The step was too large. Try …"
std::string to_string(const Finding& finding);

}  // namespace relume::health
