#include "apps/relume/job_arguments.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "relume/base/require.h"
#include "relume/nn/architecture.h"

namespace relume::app {
std::vector<std::int64_t> parse_hidden(const std::string& text, const std::string& command) {
  std::vector<std::int64_t> widths;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, comma - at);
    const bool digits = !word.empty() && word.size() < 9 && word.find_first_not_of("0123456789") == std::string::npos;
    const std::int64_t width = digits ? std::stoll(word) : 0;
    require<InputError>(width > 0, "{}: --hidden {} is not a list of layer widths; give for example --hidden 64,64",
                        command, text);
    widths.push_back(width);
    at = comma + 1;
  }
  return widths;
}

void add_csv_options(const Command& command, data::CsvOptions& csv) {
  command
      .option(
          "--decimal",
          [&csv](const std::string& mark) {
            csv.decimal = mark == "comma" ? data::Decimal::comma : data::Decimal::point;
          },
          "what 1,234 and 1.234 mean: point or comma (as the file's other numbers show)")
      .one_of({"point", "comma"});
  command.option("--na", csv.missing, "one more text that stands for a missing value, as often as needed (those usual)")
      .repeated();
}

void JobArguments::add_to(const Command& command, bool one_activation) {
  command
      .option("DATA", options.data,
              "folder of IDX files, .csv, .tsv, .npy, .npz, - or builtin:spirals|moons|circles|friedman")
      .required()
      .or_stdin();
  command
      .option("--target", options.target,
              "column to learn: its name, its number from 1 (negative from the end) or last")
      .with_default();
  command.option("--use", options.use, "columns to learn from, with commas between them (all that are of use)")
      .split_at_commas()
      .repeated();
  command.option("--drop", options.drop, "columns to leave out, with commas between them (none)")
      .split_at_commas()
      .repeated();
  command.option("--task", task, "what the target asks for")
      .one_of({"auto", "classification", "regression"})
      .with_default();
  command.option("--hidden", hidden,
                 "widths of the hidden layers, such as 64,64 (256,128; for tables with dropout of 0.1)");
  command.option("--layers", options.layers,
                 "the hidden layers in full: \"linear(64) relu dropout(0.1) linear(32) elu\"");
  if (one_activation)
    command.option("--activation", options.activation, "after each hidden layer; relume activations lists them")
        .with_default();
  command.option("--valid", options.valid,
                 "rows to validate on: a fraction, a number, or a file (a fifth; fewer than that from 50,000 rows "
                 "on, but a tenth)");
  command.option("--test", options.test,
                 "rows to test on, which training never sees: a fraction, a number, or a file (the data's own test "
                 "set, else none)");
  add_csv_options(command, options.csv);
  command.option("--seed", options.seed, "of the split, the weights and the order of the rows").with_default();
}

void JobArguments::settle(const std::string& command) {
  if (task != "auto") options.task = task == "classification" ? data::Task::classification : data::Task::regression;
  if (hidden.empty()) return;
  require<InputError>(options.layers.empty(),
                      "{}: --hidden and --layers both say what the network is; give one of them", command);
  options.layers = nn::to_string(nn::mlp(parse_hidden(hidden, command), options.activation));
}

}  // namespace relume::app
