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

std::string format_number(double value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "–"; }

}  // namespace relume::plot
