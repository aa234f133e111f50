// The gnuplot program as a function.
#pragma once

#include <string>
#include <string_view>

namespace relume::plot {

/// What gnuplot prints when it is given the script. Throws Error where it is not installed, or complains.
std::string run_gnuplot(std::string_view script);

/// Text as gnuplot's script takes it, in single quotes, on one line.
std::string gnuplot_quoted(std::string_view text);

}  // namespace relume::plot
