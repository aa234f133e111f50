// Public. The table of all that a training can be told: the command line, Python, checkpoints and reports come from it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relume/train/options.h"

namespace relume::training {

/// What a number must be, and how that is said: "-1 is not a number above 0".
struct Limit {
  bool whole;
  bool (*holds)(double);
  std::string_view in_words;
};
extern const Limit at_least_one, above_zero, not_below_zero, share, below_one;

/// An option whose values have names.
struct Named {
  std::string (*get)(const TrainOptions&);
  void (*set)(TrainOptions&, std::string_view);  ///< throws an Error that lists the names
};

/// Where TrainOptions has an option.
using Member =
    std::variant<bool TrainOptions::*, std::int64_t TrainOptions::*, std::uint64_t TrainOptions::*,
                 double TrainOptions::*, std::string TrainOptions::*, std::vector<std::string> TrainOptions::*,
                 std::vector<std::string>& (*)(TrainOptions&), std::vector<std::int64_t> TrainOptions::*,
                 Part TrainOptions::*, health::Thresholds TrainOptions::*, Named>;

using OptionValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>,
                                 std::vector<std::int64_t>, std::map<std::string, double>>;

struct TrainOption {
  std::string_view name;  ///< in Python, in what a run records, and in messages
  Member member;
  std::string_view help;             ///< one line, with the usual value in words
  std::string (*usual)() = nullptr;  ///< the usual value in words, where another table has it
  const Limit* limit = nullptr;      ///< of a number; what it is by default needs not hold
  std::vector<std::string> (*choices)() = nullptr;
  std::string_view word = {};  ///< on the command line, where it is not the name with dashes
  bool shows_default = false;  ///< what it is by default says something
  bool of_data = false;        ///< what is learned, from which rows; not how

  OptionValue value(const TrainOptions& options) const;
  /// Sets it from a word of a command line; a list's values come one after the other. Throws OptionError.
  void take(TrainOptions& options, const std::string& text) const;
  /// "weight-decay"
  std::string command_line_word() const;
};

/// In the order in which a command line's help lists them.
std::span<const TrainOption> train_options();
/// The option of that name. Throws ValueError with the nearest.
const TrainOption& find_train_option(std::string_view name);

/// Throws OptionError for a number that is neither usual nor what its option takes.
void check_limits(const TrainOptions& options);

/// "64,64", "cosine", "near_dead_rate=0.02"
std::string to_text(const OptionValue& value);
/// The options as the members of a JSON object, in the table's order.
std::string to_json(const TrainOptions& options);

}  // namespace relume::training
