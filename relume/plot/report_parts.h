// Private. What the pages of the report are put together from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/plot/report.h"

namespace relume::plot::report {

/// Text from outside: short enough and escaped.
std::string shown(std::string_view text);
/// Nothing where there is no content.
std::string section(std::string_view heading, const std::string& content);
std::string row(std::string_view element, const std::vector<std::string>& cells);
std::string table(const std::string& rows, std::string_view style = "");
/// "… and 12 more." where there are more than `most`.
std::string more(std::size_t all, std::size_t most);
std::string in_charts(const std::string& charts);
/// Names with their values.
std::string list(const Facts& facts);
/// The epochs' numbers as x of a line.
std::vector<double> epochs_of(const ReportData& data);

/// The sections of report_model.cpp: gradient and step of each weight matrix over the epochs;
std::string layer_curves(const ReportData& data);
/// a square for each unit, and what comes out of its layer;
std::string units(const ReportData& data);
/// and what the model does with rows that it has not seen.
std::string worst_examples(const ReportData& data);
std::string calibration(const ReportData& data);
std::string residuals(const ReportData& data);
std::string importance(const ReportData& data);

}  // namespace relume::plot::report
