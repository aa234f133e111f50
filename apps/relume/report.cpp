#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/base/atomic_file.h"
#include "relume/train/train.h"

namespace relume::app {
namespace {

struct ReportArguments {
  std::vector<std::string> runs;
  std::string out;
};

void run(const ReportArguments& a) {
  std::filesystem::path path = a.out;
  if (path.empty()) path = a.runs.size() == 1 ? std::filesystem::path(a.runs[0]) / "report.html" : "comparison.html";
  write_file(path, report(a.runs));
  print("{}\n", path.string());
}

}  // namespace

void define_report(Command& command) {
  const auto arguments = std::make_shared<ReportArguments>();
  command.option("RUN", arguments->runs, "Folders of runs").required();
  command.option("-o,--output", arguments->out, "The page (RUN/report.html; of several runs comparison.html)");
  command.run([arguments] { run(*arguments); });
}

}  // namespace relume::app
