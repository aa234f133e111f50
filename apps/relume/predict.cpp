#include "relume/train/predict.h"

#include <cmath>
#include <memory>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/job_arguments.h"
#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/train/job.h"

namespace relume::app {
namespace {

struct Arguments {
  std::string model, data, out;
  data::CsvOptions csv;
};

// Rows in memory at a time.
constexpr std::int64_t chunk = 4096;

/// Lines to a file that appears whole, or to stdout.
class Output {
 public:
  explicit Output(const std::string& path) {
    if (!path.empty()) file_ = std::make_unique<AtomicFile>(path);
  }
  void write(std::string_view text) {
    if (file_)
      file_->write(text);
    else
      require<FileError>(std::fwrite(text.data(), 1, text.size(), stdout) == text.size(),
                         "predict: stdout cannot be written to");
  }
  void commit() {
    if (file_) file_->commit();
    require<FileError>(std::fflush(stdout) == 0, "predict: stdout cannot be written to");
  }

 private:
  std::unique_ptr<AtomicFile> file_;
};

/// A field of CSV: in quotes where it holds a delimiter, a quote or a line's end.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string header(const io::Model& model) {
  if (model.task == data::Task::regression) return "prediction\n";
  std::string line = "prediction";
  for (const std::string& label : model.labels) line += "," + quoted("p(" + label + ")");
  return line + "\n";
}

/// The lines for so many rows.
std::string lines(const io::Model& model, const train::Predictions& predictions) {
  std::string text;
  for (const double value : predictions.values) text += train::to_text(value, model) + "\n";
  if (predictions.classes.empty()) return text;
  const float* p = predictions.probabilities.data<float>();
  for (const std::int64_t place : predictions.classes) {
    text += quoted(model.labels[static_cast<std::size_t>(place)]);
    for (std::size_t k = 0; k < model.labels.size(); ++k) text += fmt::format(",{:.6g}", *p++);
    text += '\n';
  }
  return text;
}

/// Writes what is said of the rows, the first of which has that number, and returns the number after them.
std::int64_t predict_rows(const io::Model& model, const Tensor& features, std::int64_t first_row, Output& out) {
  const std::int64_t n = features.size(0);
  for (std::int64_t at = 0; at < n; at += chunk) {
    const Tensor some = features.slice(0, at, std::min(at + chunk, n));
    out.write(lines(model, train::predict(model, some, first_row + at)));
  }
  return first_row + n;
}

void run(const Arguments& a) {
  const io::Model model = io::Model::load(a.model);
  Output out(a.out);
  if (model.preprocessor && data::is_delimited_text(a.data)) {
    data::TableReader reader(a.data, model.preprocessor->schema(), a.csv);
    out.write(header(model));
    std::int64_t row = 0;
    data::Table table;
    while (reader.next(table, chunk)) row = predict_rows(model, model.preprocessor->transform(table), row, out);
    for (const std::string& note : table.notes) fmt::print(stderr, "{}\n", note);
  } else {
    const Tensor features = train::features_of(model, data::open_data(a.data));
    out.write(header(model));
    predict_rows(model, features, 0, out);
  }
  out.commit();
}

}  // namespace

void add_predict(CLI::App& app) {
  CLI::App* command = app.add_subcommand("predict", "Write a model's predictions for data as CSV");
  auto a = std::make_shared<Arguments>();
  command->add_option("MODEL", a->model, "model.safetensors of a run")->required();
  command->add_option("DATA", a->data, "as for train; the target's column may be missing")->required();
  add_csv_options(*command, a->csv);
  command->add_option("-o,--output", a->out, "file to write; stdout without it");
  command->callback([a] { run(*a); });
}

}  // namespace relume::app
