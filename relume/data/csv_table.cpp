// Tables from rows of text.
#include <algorithm>
#include <limits>
#include <span>
#include <unordered_map>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/data/byte_source.h"
#include "relume/data/column_filler.h"
#include "relume/data/csv.h"

namespace relume::data {
namespace {

CsvOptions with_schema(CsvOptions options, const TableSchema& schema) {
  options.schema = &schema;
  return options;
}

}  // namespace

TableReader::TableReader(const std::filesystem::path& path, const TableSchema& schema, const CsvOptions& options)
    : reader_(path, with_schema(options, schema)), options_(options), schema_(schema) {
  options_.missing.insert(options_.missing.end(), schema.missing.begin(), schema.missing.end());
  decimal_ = options.decimal.value_or(schema.decimal);
  settled_ = options.decimal.has_value();
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

std::optional<Decimal> TableReader::proof(const CsvRow& row, bool& open) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view field = row.fields[fields_[i]];
    if (columns_[i].kind == ColumnKind::text || field.find_first_of(".,") == std::string_view::npos) continue;
    const NumberReadings readings = read_number(field);
    if (readings.point.has_value() != readings.comma.has_value())
      return readings.point ? Decimal::point : Decimal::comma;
    open |= readings.differ();
  }
  return std::nullopt;
}

void TableReader::settle_decimal(const CsvRow& row) {
  bool open = false;
  std::optional<Decimal> proved = proof(row, open);
  if (!proved && !open) return;
  std::error_code ignored;
  if (!proved && std::filesystem::is_regular_file(reader_.path(), ignored)) {
    // The first row that tells may be far behind.
    CsvReader ahead(reader_.path(), with_schema(options_, schema_));
    CsvRow next;
    while (!proved && ahead.next(next)) proved = proof(next, open);
  }
  decimal_ = proved.value_or(decimal_);
  settled_ = true;
}

const std::string& TableReader::keep(std::string_view column) {
  Table names;
  names.source = reader_.path().string();
  for (const std::string& name : reader_.names()) names.columns.push_back({.name = name});
  field_to_keep_ = static_cast<std::size_t>(find_column(names, column, "csv"));
  return reader_.names()[*field_to_keep_];
}

bool TableReader::next(Table& table, std::int64_t max_rows) {
  kept_.clear();
  table.has_header = reader_.has_header();
  table.source = reader_.path().string();
  table.lines.clear();
  std::vector<ColumnFiller> fillers;
  for (const ColumnSpec& column : columns_) fillers.emplace_back(column, options_.missing);
  CsvRow row;
  while (static_cast<std::int64_t>(table.lines.size()) < max_rows && reader_.next(row)) {
    if (!settled_) settle_decimal(row);
    for (std::size_t i = 0; i < fillers.size(); ++i)
      fillers[i].add(row.fields[fields_[i]], decimal_, [&] { return reader_.where(row, fields_[i]); });
    if (field_to_keep_) kept_.emplace_back(row.fields[*field_to_keep_]);
    table.lines.push_back(row.line);
  }
  table.decimal = decimal_;
  table.notes = reader_.notes();
  if (decimal_ != schema_.decimal)
    table.notes.push_back(fmt::format("{}: numbers have decimal {}s, those of training had {}s", table.source,
                                      name(decimal_), name(schema_.decimal)));
  table.columns.clear();
  for (ColumnFiller& filler : fillers) table.columns.push_back(filler.take());
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
