// Public. What a health rule has found.
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

/// Who hears a remedy, and so how its options are called.
enum class Voice : std::uint8_t {
  options,       ///< "lr = 0.001": training::Options, relume.train()
  command_line,  ///< "--lr 0.001"
  loop,          ///< "a learning rate of 0.001": a loop of one's own, in whatever library
};

/// What helps: a text with a place for each option, "Try {} or {}.".
struct Remedy {
  std::string text = {};
  std::vector<std::pair<std::string, std::string>> options = {};  ///< {"lr", "0.001"}, {"on_dead", "revive"}
};

std::string to_string(const Remedy& remedy, Voice voice = Voice::options);

/// A verdict with what it rests on, in words for a tired person.
struct Finding {
  std::string rule;
  Severity severity = Severity::info;
  std::string layer;                ///< "relu1"; empty where it concerns the whole run
  std::vector<std::int64_t> units;  ///< of that layer, counted from 0
  std::int64_t step = 0;            ///< the optimizer step at which it was seen
  std::vector<std::pair<std::string, double>> evidence;
  std::string cause;
  Remedy remedy;
  bool in_loop = false;  ///< found by a Monitor of somebody's own loop, which hears Voice::loop

  /// An info that says that there is nothing to do.
  bool is_idle() const;
};

/// How remedies end that ask for nothing.
inline constexpr std::string_view nothing_to_do = "there is nothing to do.";

/// "relu2: 61 of 128 units never fired on 10,000 rows. The step was too large. Try …"
std::string to_string(const Finding& finding, Voice voice);
/// In the loop's voice where it was found in one, else in that of the options.
std::string to_string(const Finding& finding);

}  // namespace relume::health
