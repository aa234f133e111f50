// Private. A page for the browser that is one file.
#pragma once

#include <string>
#include <string_view>

namespace relume::plot {

/// A whole page with relume's style around `content`, which is HTML; the title is text. It asks for nothing outside
/// itself. Where it holds charts (Chart::html()), Chart.js comes with it, if relume was built with it.
std::string page(std::string_view title, std::string_view content);

}  // namespace relume::plot
