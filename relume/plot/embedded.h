// Private. Files that are packed into the library when it is built.
#pragma once

#include <span>
#include <string>

namespace relume::plot {

/// A gzipped file, or nothing.
struct Embedded {
  std::span<const unsigned char> bytes;
};

extern const Embedded page_style;   ///< the style sheet of pages
extern const Embedded page_script;  ///< what makes their charts and pictures answer
extern const Embedded chart_js;     ///< Chart.js; nothing where it was not there when relume was built

/// What the file holds.
std::string unpack(const Embedded& file);

}  // namespace relume::plot
