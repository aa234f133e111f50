#include <algorithm>
#include <map>
#include <memory>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/job_arguments.h"
#include "apps/relume/prediction_text.h"
#include "apps/relume/say.h"
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

/// Turns rows into text; nothing is written before the first of them are known.
class Writer {
 public:
  Writer(const io::Model& model, const Arguments& a) : model_(model), json_(a.json), out_(a.out) {}

  void name_ids(const std::string& column) { id_column_ = column; }

  /// `ids`: one for each row, or none.
  void add(const Tensor& features, const std::vector<std::string>& ids) {
    const std::int64_t n = features.size(0);
    for (std::int64_t at = 0; at < n; at += chunk) {
      const std::int64_t end = std::min(at + chunk, n);
      const auto some = ids.empty() ? ids : std::vector(ids.begin() + at, ids.begin() + end);
      const training::Predictions predictions = training::predict(model_, features.slice(0, at, end), rows_ + at);
      begin();
      out_.write(text_->rows(predictions, some));
    }
    rows_ += n;
  }

  void finish() {
    begin();
    out_.write(text_->end());
    out_.commit();
  }

 private:
  void begin() {
    if (text_) return;
    text_ = json_ ? prediction_json(model_) : prediction_csv(model_, id_column_);
    out_.write(text_->begin());
  }

  const io::Model& model_;
  bool json_;
  Output out_;
  std::string id_column_;
  std::unique_ptr<PredictionText> text_;
  std::int64_t rows_ = 0;
};

/// Adds up the parts of a file.
void add_to(std::map<std::string, data::UnknownCategory>& all, const std::vector<data::UnknownCategory>& found) {
  for (const data::UnknownCategory& unknown : found) {
    const auto [place, is_new] = all.emplace(unknown.column, unknown);
    if (!is_new) place->second.rows += unknown.rows;
  }
}

void predict_file(const io::Model& model, const Arguments& a, Writer& writer) {
  data::TableReader reader(a.data, model.preprocessor->schema(), a.csv);
  if (!a.id.empty()) writer.name_ids(reader.keep(a.id));
  std::map<std::string, data::UnknownCategory> unknown;
  data::Table table;
  while (reader.next(table, chunk)) {
    add_to(unknown, model.preprocessor->unknown_categories(table));
    writer.add(model.preprocessor->transform(table), reader.kept());
  }
  for (const std::string& note : table.notes) say("{}", note);
  for (const auto& [column, fields] : unknown) say("{}", data::to_string(fields));
}

void predict_source(const io::Model& model, const Arguments& a, Writer& writer) {
  data::Source source = data::open_data(a.data, {.targets = false});
  std::vector<std::string> ids;
  if (!a.id.empty()) {
    const auto* table = std::get_if<data::Table>(&source);
    require<InputError>(table, "predict: {} is no table; --id names a column of one", a.data);
    const data::Column& column = table->columns[static_cast<std::size_t>(data::find_column(*table, a.id, "predict"))];
    writer.name_ids(column.name);
    for (std::int64_t row = 0; row < table->rows(); ++row) ids.push_back(column.text(row));
  }
  writer.add(training::features_of(model, std::move(source)), ids);
}

void run(const Arguments& a) {
  const io::Model model = io::Model::load(a.model);
  Writer writer(model, a);
  if (model.preprocessor && data::is_delimited_text(a.data))
    predict_file(model, a, writer);
  else
    predict_source(model, a, writer);
  writer.finish();
}

}  // namespace

void define_predict(Command& command) {
  auto a = std::make_shared<Arguments>();
  command.option("MODEL", a->model, "model.safetensors of a run").required();
  command.option("DATA", a->data, "as for train; the target's column may be missing").required().or_stdin();
  add_csv_options(command, a->csv);
  command.option("-o,--output", a->out, "file to write; stdout without it");
  command.option("--id", a->id, "a column of the data, by name or number, that is copied in front of each prediction");
  command.flag("--json", a->json, "one JSON object in place of CSV");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
