// Public. A rule of health: measurements in, findings out.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/health/finding.h"
#include "relume/health/measurements.h"
#include "relume/health/thresholds.h"

namespace relume::health {

/// What a rule says. Without findings and without a reason all is well.
struct Verdict {
  std::vector<Finding> findings = {};
  std::string cannot_judge = {};  ///< what it lacks: "not enough evidence: 150 rows, it takes 200"
};

/// What a rule looks at, and so when it is to be asked.
enum class Subject : std::uint8_t {
  steps,  ///< the latest steps: asked at every check, and what it found stays found
  state,  ///< where the training stands: asked when somebody wants to know
  units,  ///< the window
  inputs,
};

struct Rule {
  std::string_view name;
  Subject subject;
  Verdict (*judge)(const Measurements&, const Thresholds&);
  std::string_view measures;                        ///< what it looks at, in a line
  std::array<const Threshold*, 5> thresholds = {};  ///< by which it judges; null behind the last
};

/// Every rule, those of register_rule() last.
std::span<const Rule> rules();
/// The rule of that name. Throws ValueError where there is none.
const Rule& find_rule(std::string_view name);

/// Makes a rule of one's own one of them: every Monitor, Trainer and examination asks it from then on. Before any of
/// them runs. The texts must outlive it. Throws ValueError where there is a rule of that name.
void register_rule(const Rule& rule);

/// What one finding explains is left out, and the rest is in order: errors before warnings before infos, and among
/// those the causes before their effects (the order of rules()).
std::vector<Finding> order_by_cause(std::vector<Finding> findings);

/// All rules on these measurements, ordered by cause.
std::vector<Finding> judge(const Measurements& measurements, const Thresholds& thresholds = {});

}  // namespace relume::health
