// Public. The numbers by which the rules judge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace relume::health {

/// A number by which a rule judges, declared in the rule's own file, or here where several share it.
struct Threshold {
  std::string_view name;  ///< as set_threshold() takes it
  double usual;
  bool whole = false;  ///< a count
};

/// Of a window; with fewer rows there is not enough evidence.
inline constexpr Threshold least_rows{"least_rows", 200, true};
/// Checks in a row.
inline constexpr Threshold persistence{"persistence", 3, true};
/// Steps which these checks span; step_too_large does without.
inline constexpr Threshold persistence_steps{"persistence_steps", 32, true};
/// The share of a layer's units from which their state is a warning, or an error.
inline constexpr Threshold dead_share_warning{"dead_share.warning", 0.1}, dead_share_error{"dead_share.error", 0.5};
/// ‖Δw‖ / ‖w‖ of a step that is too large.
inline constexpr Threshold large_update{"large_update", 0.1};
/// Of the first loss: below it there is nowhere left to go.
inline constexpr Threshold learned_share{"learned_share", 0.01};
/// Relative, against the start and against a constant answer.
inline constexpr Threshold least_improvement{"least_improvement", 0.02};

/// The values of thresholds: the usual ones, but for those that set_threshold() has set.
class Thresholds {
 public:
  double operator[](const Threshold& threshold) const;
  std::int64_t count(const Threshold& threshold) const { return static_cast<std::int64_t>((*this)[threshold]); }

 private:
  friend void set_threshold(Thresholds& thresholds, std::string_view name, double value);
  std::vector<std::pair<std::string_view, double>> set_;
};

/// A threshold by its name: "near_dead_rate", "dead_share.warning".
struct NamedThreshold {
  std::string_view name;
  double value = 0;
  std::string rules;  ///< those that judge by it, separated by ", "
};

/// Each of them, in the order of the rules.
std::vector<NamedThreshold> named_thresholds(const Thresholds& thresholds = {});

/// Throws ValueError for a name that there is not, for a value that is no number or negative, and for a count that is
/// not whole and positive.
void set_threshold(Thresholds& thresholds, std::string_view name, double value);
/// Sets what "near_dead_rate=0.02" says. Throws as the other does.
void set_threshold(Thresholds& thresholds, std::string_view text);

}  // namespace relume::health
