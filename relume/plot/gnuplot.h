// Private. The gnuplot program as a function.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace relume::plot {

/// What gnuplot prints when it is given the script. Throws Error where it is not installed, or complains.
std::string run_gnuplot(std::string_view script);

/// gnuplot's name for the kind of picture that the path's ending asks for, .svg, .png or .pdf, of so many pixels on a
/// screen that shows it in its own size. Throws ValueError for another ending.
std::string gnuplot_terminal(const std::filesystem::path& path, int width, int height);

/// Text as gnuplot's script takes it, quoted, on one line.
std::string gnuplot_quoted(std::string_view text);

}  // namespace relume::plot
