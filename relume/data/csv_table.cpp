// Tables from rows of text.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/data/byte_source.h"
#include "relume/data/csv.h"
#include "relume/data/csv_marks.h"

namespace relume::data {
namespace {

constexpr double missing_number = std::numeric_limits<double>::quiet_NaN();

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// Collects the fields of one column. It takes numbers until the first text, and texts from there on.
class ColumnBuilder {
 public:
  ColumnBuilder(std::string name, ColumnKind kind, bool may_become_text) : may_become_text_(may_become_text) {
    column_.name = std::move(name);
    column_.kind = kind;
  }

  void add(std::string_view field, const CsvReader& reader, const CsvRow& row, std::size_t place) {
    if (column_.is_text()) {
      add_text(field);
    } else if (is_missing_mark(field)) {
      column_.numbers.push_back(missing_number);
    } else if (const auto number = parse_number(field, reader.decimal_comma())) {
      if (std::isinf(*number) && infinite_at_.empty()) infinite_at_ = reader.where(row, place);
      column_.numbers.push_back(*number);
      lossy_ = true;
    } else if (is_missing_number_mark(field)) {
      column_.numbers.push_back(missing_number);
      lossy_ = true;
    } else {
      require<InputError>(
          may_become_text_,
          "csv: {}: '{}' is not a number, but column '{}' had numbers in training; mend the field or leave it empty",
          reader.where(row, place), field.substr(0, 40), column_.name);
      become_text();
      add_text(field);
    }
  }

  /// The column turned out to be text after fields whose text was not kept.
  bool must_read_again() const { return column_.is_text() && lossy_; }

  Column take() {
    require<InputError>(column_.is_text() || infinite_at_.empty(),
                        "csv: {}: column '{}' is infinite here; mend the field or leave it empty", infinite_at_,
                        column_.name);
    return std::move(column_);
  }

 private:
  void add_text(std::string_view field) {
    if (is_missing_mark(field)) {
      column_.codes.push_back(-1);
      return;
    }
    auto found = code_of_.find(field);
    if (found == code_of_.end()) {
      found = code_of_.emplace(std::string(field), static_cast<std::int32_t>(column_.values.size())).first;
      column_.values.emplace_back(field);
    }
    column_.codes.push_back(found->second);
  }

  void become_text() {
    column_.kind = ColumnKind::text;
    column_.codes.assign(column_.numbers.size(), -1);
    column_.numbers = {};
  }

  Column column_;
  std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>> code_of_;
  std::string infinite_at_;
  bool may_become_text_;
  bool lossy_ = false;
};

void take_columns(std::vector<ColumnBuilder>& builders, Table& table) {
  table.columns.clear();
  for (ColumnBuilder& builder : builders) table.columns.push_back(builder.take());
}

/// One pass over the file. Columns named in `texts` are text from the start; those that should have been are added to
/// it.
Table read_once(const std::shared_ptr<ByteSource>& bytes, const CsvOptions& options,
                std::unordered_set<std::string>& texts) {
  CsvReader reader(bytes, options);
  Table table;
  table.has_header = reader.has_header();
  table.source = bytes->path().string();
  std::vector<ColumnBuilder> builders;
  for (const std::string& name : reader.names())
    builders.emplace_back(name, texts.contains(name) ? ColumnKind::text : ColumnKind::number, true);
  CsvRow row;
  while (reader.next(row)) {
    for (std::size_t i = 0; i < builders.size(); ++i) builders[i].add(row.fields[i], reader, row, i);
    table.lines.push_back(row.line);
  }
  table.notes = reader.notes();
  bool complete = true;
  for (std::size_t i = 0; i < builders.size(); ++i)
    if (builders[i].must_read_again()) {
      texts.insert(reader.names()[i]);
      complete = false;
    }
  if (complete) take_columns(builders, table);
  return table;
}

CsvOptions with_schema(CsvOptions options, const TableSchema& schema) {
  options.schema = &schema;
  return options;
}

}  // namespace

Table read_table(const std::filesystem::path& path, const CsvOptions& options) {
  return read_table(std::make_shared<ByteSource>(path, ByteSource::Passes::several), options);
}

Table read_table(const std::shared_ptr<ByteSource>& bytes, const CsvOptions& options) {
  std::unordered_set<std::string> texts;
  Table table = read_once(bytes, options, texts);
  if (!texts.empty()) {
    bytes->rewind();
    table = read_once(bytes, options, texts);
  }
  require<InputError>(table.rows() > 0, "csv: {} has a header but no rows; give a table with data",
                      bytes->path().string());
  return table;
}

TableReader::TableReader(const std::filesystem::path& path, const TableSchema& schema, const CsvOptions& options)
    : reader_(path, with_schema(options, schema)) {
  if (reader_.has_header() && schema.has_header) {
    match_by_name(schema.columns);
  } else {
    match_by_place(schema.columns);
  }
}

void TableReader::match_by_name(const std::vector<ColumnSpec>& columns) {
  const auto& names = reader_.names();
  std::unordered_map<std::string_view, std::size_t> place;
  for (std::size_t i = 0; i < names.size(); ++i) place.emplace(names[i], i);
  for (const ColumnSpec& column : columns) {
    if (column.use == ColumnUse::unused) continue;
    if (const auto found = place.find(column.name); found != place.end()) {
      columns_.push_back(column);
      fields_.push_back(found->second);
      continue;
    }
    require<InputError>(!column.required,
                        "csv: {} has no column '{}', which the model was trained with; its columns are {}",
                        reader_.path().string(), column.name, fmt::join(names, ", "));
  }
}

void TableReader::match_by_place(const std::vector<ColumnSpec>& columns) {
  const std::size_t width = reader_.names().size();
  const bool target_is_there = width == columns.size();
  const bool target_may_lack =
      std::ranges::none_of(columns, [](const ColumnSpec& c) { return c.use == ColumnUse::target && c.required; });
  require<InputError>(
      target_is_there || (target_may_lack && width + 1 == columns.size()),
      "csv: {} has {} columns without names but the model was trained with {}{}; add a header or the columns",
      reader_.path().string(), width, columns.size(), target_may_lack ? ", target included" : "");
  std::size_t field = 0;
  for (const ColumnSpec& column : columns) {
    if (!target_is_there && column.use == ColumnUse::target) continue;
    if (column.use != ColumnUse::unused) {
      columns_.push_back(column);
      fields_.push_back(field);
    }
    ++field;
  }
}

bool TableReader::next(Table& table, std::int64_t max_rows) {
  table.has_header = reader_.has_header();
  table.source = reader_.path().string();
  table.lines.clear();
  std::vector<ColumnBuilder> builders;
  for (const ColumnSpec& column : columns_) builders.emplace_back(column.name, column.kind, false);
  CsvRow row;
  while (static_cast<std::int64_t>(table.lines.size()) < max_rows && reader_.next(row)) {
    for (std::size_t i = 0; i < builders.size(); ++i) builders[i].add(row.fields[fields_[i]], reader_, row, fields_[i]);
    table.lines.push_back(row.line);
  }
  take_columns(builders, table);
  table.notes = reader_.notes();
  return !table.lines.empty();
}

Table read_table(const std::filesystem::path& path, const TableSchema& schema, const CsvOptions& options) {
  TableReader reader(path, schema, options);
  Table table;
  const bool any = reader.next(table, std::numeric_limits<std::int64_t>::max());
  require<InputError>(any, "csv: {} has a header but no rows; give a table with data", path.string());
  return table;
}

}  // namespace relume::data
