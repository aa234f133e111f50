// Any text is the report.json of a run of which a page can be made, or an error of ours.
#include "relume/plot/report.h"

#include <cstdint>
#include <string>

#include "relume/base/error.h"
#include "relume/plot/report_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  try {
    const plot::ReportData report = plot::report_from_json(std::string(data, data + size), "input");
    plot::report_html(report);
    plot::comparison_html({report, report});
  } catch (const Error&) {
  }
  return 0;
}
