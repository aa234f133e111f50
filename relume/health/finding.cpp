#include "relume/health/finding.h"

#include <array>

namespace relume::health {

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 3> names = {"info", "warning", "error"};
  return names[static_cast<std::size_t>(severity)];
}

std::string to_string(const Finding& finding) {
  return (finding.layer.empty() ? finding.rule : finding.layer) + ": " + finding.cause + " " + finding.remedy;
}

}  // namespace relume::health
