// Private. The data of a report as a file in the run's folder.
#pragma once

#include <string>

#include "relume/plot/report.h"

namespace relume::plot {

/// As JSON, numbers to eight digits.
std::string to_json(const ReportData& data);

/// Back. `source` names the text in errors. Throws InputError where it is not what to_json() gives.
ReportData report_from_json(const std::string& text, const std::string& source);

}  // namespace relume::plot
