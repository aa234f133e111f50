#include <algorithm>
#include <map>
#include <memory>

#include <fmt/core.h>

#include "apps/relume/checks.h"
#include "apps/relume/command.h"
#include "apps/relume/job_arguments.h"
#include "apps/relume/prediction_text.h"
#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/train/job.h"

namespace relume::app {
namespace {

struct Arguments {
  std::string model, data, out, id;
  data::CsvOptions csv;
  bool json = false;
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

/// Writes what is said of the rows, the first of which has that number. `ids`: one for each row, or none.
void predict_rows(const io::Model& model, const Tensor& features, std::int64_t first_row,
                  const std::vector<std::string>& ids, PredictionText& text, Output& out) {
  const std::int64_t n = features.size(0);
  for (std::int64_t at = 0; at < n; at += chunk) {
    const std::int64_t end = std::min(at + chunk, n);
    const auto some = ids.empty() ? ids : std::vector(ids.begin() + at, ids.begin() + end);
    out.write(text.rows(train::predict(model, features.slice(0, at, end), first_row + at), some));
  }
}

/// Adds up the parts of a file.
void add_to(std::map<std::string, data::UnknownCategory>& all, const std::vector<data::UnknownCategory>& found) {
  for (const data::UnknownCategory& unknown : found) {
    const auto [place, is_new] = all.emplace(unknown.column, unknown);
    if (!is_new) place->second.rows += unknown.rows;
  }
}

void predict_file(const io::Model& model, const Arguments& a, PredictionText& text, Output& out) {
  data::TableReader reader(a.data, model.preprocessor->schema(), a.csv);
  if (!a.id.empty()) reader.keep(a.id);
  std::map<std::string, data::UnknownCategory> unknown;
  std::int64_t row = 0;
  data::Table table;
  while (reader.next(table, chunk)) {
    add_to(unknown, model.preprocessor->unknown_categories(table));
    predict_rows(model, model.preprocessor->transform(table), row, reader.kept(), text, out);
    row += table.rows();
  }
  for (const std::string& note : table.notes) fmt::print(stderr, "{}\n", note);
  for (const auto& [column, fields] : unknown) fmt::print(stderr, "{}\n", data::to_string(fields));
}

std::vector<std::string> texts_of(const data::Source& source, const std::string& column) {
  const auto* table = std::get_if<data::Table>(&source);
  require<InputError>(table, "predict: the data is no table; --id names a column of one");
  const data::Column& ids = table->columns[static_cast<std::size_t>(data::find_column(*table, column, "predict"))];
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < table->rows(); ++row) texts.push_back(ids.text(row));
  return texts;
}

void run(const Arguments& a) {
  const io::Model model = io::Model::load(a.model);
  const auto text = a.json ? prediction_json(model) : prediction_csv(model, a.id);
  Output out(a.out);
  out.write(text->begin());
  if (model.preprocessor && data::is_delimited_text(a.data)) {
    predict_file(model, a, *text, out);
  } else {
    data::Source source = data::open_data(a.data);
    const std::vector<std::string> ids = a.id.empty() ? std::vector<std::string>() : texts_of(source, a.id);
    predict_rows(model, train::features_of(model, std::move(source)), 0, ids, *text, out);
  }
  out.write(text->end());
  out.commit();
}

}  // namespace

void add_predict(CLI::App& app) {
  CLI::App* command = app.add_subcommand("predict", "Write a model's predictions for data as CSV");
  auto a = std::make_shared<Arguments>();
  command->add_option("MODEL", a->model, "model.safetensors of a run")->required();
  command->add_option("DATA", a->data, "as for train; the target's column may be missing")
      ->required()
      ->transform(stdin_by_dash());
  add_csv_options(*command, a->csv);
  command->add_option("-o,--output", a->out, "file to write; stdout without it");
  command->add_option("--id", a->id,
                      "a column of the data, by name or number, that is copied in front of each prediction");
  command->add_flag("--json", a->json, "one JSON object in place of CSV");
  command->callback([a] { run(*a); });
}

}  // namespace relume::app
