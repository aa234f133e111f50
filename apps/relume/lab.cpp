#include "apps/relume/lab.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/train/option_table.h"

namespace relume::app {
namespace {

struct Experiment {
  const char* name;
  LabResult (*run)(const LabOptions&);
  const char* what;
};

constexpr Experiment experiments[] = {
    {"vanishing", lab_vanishing, "the gradient of the first layer as the network grows deeper"},
    {"dying", lab_dying, "dead units against learning rate and bias, and what helps"},
    {"exploding", lab_exploding, "gradients that explode, with and without clipping"},
    {"sparsity", lab_sparsity, "zeros, memory and accuracy"},
};

struct LabArguments {
  LabOptions options;
  std::string picture;
  bool json = false;
};

/// Cells under their headers, each column as wide as its widest cell.
void print_table(const LabResult& r) {
  std::vector<std::size_t> widths;
  for (const std::string& title : r.header) widths.push_back(title.size());
  for (const auto& row : r.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto print_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += i == 0 ? fmt::format("{:<{}}", cells[i], widths[i]) : fmt::format("  {:>{}}", cells[i], widths[i]);
    print("{}\n", line);
  };
  print_row(r.header);
  for (const auto& row : r.rows) print_row(row);
}

void run(const Experiment& experiment, const LabArguments& a) {
  const LabResult result = experiment.run(a.options);
  if (!a.picture.empty()) result.picture.save(a.picture);
  if (a.json) {
    const nlohmann::ordered_json object = {{"experiment", experiment.name}, {"claim", result.claim},
                                           {"setting", result.setting},     {"header", result.header},
                                           {"rows", result.rows},           {"verdicts", result.verdicts}};
    print("{}\n", object.dump());
    return;
  }
  print("Claim: {}\n{}\n\n", result.claim, result.setting);
  print_table(result);
  print("\n");
  for (const std::string& verdict : result.verdicts) print("{}\n", verdict);
}

}  // namespace

void define_lab(Command& lab) {
  for (const Experiment& experiment : experiments) {
    const Command command = lab.subcommand(experiment.name, experiment.what);
    auto a = std::make_shared<LabArguments>();
    command.option("--seeds", a->options.seeds, "networks or runs behind each number")
        .number(training::at_least_one)
        .with_default();
    command.option("--seed", a->options.seed, "the first of them").with_default();
    command.option("-o,--out", a->picture, "a picture: .svg, .png, .pdf or .html");
    command.flag("--json", a->json, "print the result as one JSON object");
    command.run([a, &experiment] { run(experiment, *a); });
  }
}

}  // namespace relume::app
