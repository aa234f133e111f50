#include "relume/plot/html.h"

#include <cmath>

#include <fmt/core.h>

namespace relume::plot {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return escaped;
}

std::string format_number(double value) {
  if (!std::isfinite(value)) return "–";
  // Dollars and the like are read as they are written.
  const bool large = std::abs(value) >= 1e4 && std::abs(value) < 1e9;
  return large ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

}  // namespace relume::plot
