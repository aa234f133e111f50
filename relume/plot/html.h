// Private. Small pieces of HTML.
#pragma once

#include <string>
#include <string_view>

namespace relume::plot {

/// The text with &, <, >, " and ' written as entities, for element contents and quoted attributes; control characters
/// other than line breaks and tabs become blanks.
std::string escape_html(std::string_view text);

/// A number to four significant digits, from 10,000 to a billion without its fraction; "–" for one that is not finite.
std::string format_number(double value);

}  // namespace relume::plot
