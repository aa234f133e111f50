#include "relume/plot/report.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/run_folder.h"
#include "relume/base/atomic_file.h"

namespace relume::app {
namespace {

struct Arguments {
  std::vector<std::string> runs;
  std::string out;
};

void run(const Arguments& a) {
  std::vector<plot::ReportData> reports;
  for (const std::string& folder : a.runs) reports.push_back(RunFolder::open_report(folder));
  std::filesystem::path path = a.out;
  if (reports.size() == 1) {
    if (path.empty()) path = std::filesystem::path(a.runs[0]) / "report.html";
    plot::write_report(path, reports[0]);
  } else {
    if (path.empty()) path = "comparison.html";
    for (std::size_t i = 0; i < reports.size(); ++i) reports[i].title = a.runs[i];
    write_file(path, plot::comparison_html(reports));
  }
  fmt::print("{}\n", path.string());
}

}  // namespace

void define_report(Command& command) {
  const auto arguments = std::make_shared<Arguments>();
  command.option("RUN", arguments->runs, "Folders of runs").required();
  command.option("-o,--output", arguments->out, "The page (RUN/report.html; of several runs comparison.html)");
  command.run([arguments] { run(*arguments); });
}

}  // namespace relume::app
