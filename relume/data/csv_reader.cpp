// The streaming reader: rows with names from lines.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "relume/base/require.h"
#include "relume/data/byte_source.h"
#include "relume/data/characters.h"
#include "relume/data/csv.h"
#include "relume/data/csv_rows.h"
#include "relume/data/csv_sniff.h"
#include "relume/data/file_format.h"
#include "relume/data/text_lines.h"

namespace relume::data {
namespace {

/// Names for all columns, each of them once.
std::vector<std::string> make_names(const std::vector<std::string_view>& header, std::size_t width) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string, int> copies;  // the last copy of a name that was given
  for (std::size_t i = 0; i < width; ++i) {
    std::string name = i < header.size() ? std::string(trim(header[i])) : std::string();
    if (name.empty()) name = fmt::format("column{}", i + 1);
    std::string unique = name;
    while (!taken.insert(unique).second) unique = fmt::format("{}.{}", name, 1 + ++copies[name]);
    names.push_back(std::move(unique));
  }
  return names;
}

bool is_empty(std::string_view field) { return field.empty(); }

/// Lines of one kind that were passed over.
struct Skipped {
  std::int64_t count = 0;
  std::int64_t first = 0;

  void add(std::int64_t line) {
    if (count++ == 0) first = line;
  }
};

}  // namespace

class CsvReader::Impl {
 public:
  Impl(std::shared_ptr<ByteSource> source, CsvOptions options)
      : lines_(std::move(source)), dialect_(look(options)), rows_(lines_, dialect_.delimiter) {
    rows_.expect(0, dialect_.numbers);
    const bool trailing = rows_trail();
    require<InputError>(read(first_line_), "csv: {} holds no rows; give a table", path().string());
    std::vector<std::string_view> first;
    rows_.fields(first);
    check_first(first.size());
    if (dialect_.row_names && !trailing) first.insert(first.begin(), "row");
    drop_empty_tail(first, options);
    if (dialect_.header)
      for (const std::string_view name : first) unnamed_.push_back(name.empty());
    names_ = make_names(dialect_.header ? first : std::vector<std::string_view>{}, first.size());
    if (dialect_.header) header_.assign(first.begin(), first.end());
    pending_ = !dialect_.header;
    rows_.expect(std::max(names_.size(), dialect_.width), dialect_.numbers);
  }

  bool next(CsvRow& row) {
    if (pending_) {
      pending_ = false;
      rows_.fields(row.fields);
      row.line = first_line_;
      fit_width(row);
      return true;
    }
    if (give_blank(row)) return true;
    if (waiting_) {
      waiting_ = false;
      row.line = waiting_line_;
    } else {
      do {
        if (!read(row.line)) return false;
        rows_.fields(row.fields);
      } while ((row.fields.size() != names_.size() && std::ranges::all_of(row.fields, is_empty)) ||
               repeats_header(row));
      waiting_line_ = row.line;
      waiting_ = !blank_lines_.empty();
      if (give_blank(row)) return true;
    }
    rows_.fields(row.fields);
    fit_width(row);
    return true;
  }

  std::string where(const CsvRow& row, std::size_t field) const { return where(row.line, field); }

  const CsvDialect& dialect() const { return dialect_; }
  const std::vector<std::string>& names() const { return names_; }
  bool is_unnamed(std::size_t column) const { return column < unnamed_.size() && unnamed_[column]; }
  const std::filesystem::path& path() const { return lines_.path(); }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes = lines_.notes();
    const auto tell = [&](const Skipped& skipped, std::string_view one, std::string_view many) {
      if (skipped.count > 0)
        notes.push_back(fmt::format("{}:{}: {}", path().string(), skipped.first,
                                    skipped.count == 1 ? std::string(one) : fmt::format("{} {}", skipped.count, many)));
    };
    tell(comments_, "this line begins with # and was passed over as a comment",
         "lines that begin with # were passed over as comments, this is the first");
    tell(headers_, "this line repeats the header and was passed over",
         "lines that repeat the header were passed over, this is the first");
    return notes;
  }

 private:
  /// What the file is like, by its first lines; a line that only names the delimiter is taken.
  CsvDialect look(CsvOptions& options) {
    std::string_view line;
    if (lines_.peek(0, line))
      if (const auto delimiter = named_delimiter(line)) {
        if (!options.delimiter) options.delimiter = delimiter;
        lines_.take(1);
      }
    const std::vector<std::string_view> sample = lines_.sample();
    refuse_other_texts(sample, path());
    begin_ = lines_.number();
    return sniff(sample, options);
  }

  /// Whether all rows under the first one end in a delimiter.
  bool rows_trail() {
    const std::vector<std::string_view> sample = lines_.sample();
    return std::all_of(sample.begin() + !sample.empty(), sample.end(), [&](std::string_view line) {
      return line.empty() || line.front() == '#' || line.back() == dialect_.delimiter;
    });
  }

  void check_first(std::size_t width) const {
    if (!dialect_.first_is_odd) return;
    const std::string place = where(first_line_, 0);
    require<InputError>(width > 1,
                        "csv: {}: this line is not of the table, whose rows have {} fields; take it out, with "
                        "all above the names of the columns",
                        place, dialect_.width);
    fail<InputError>("csv: {}: the first row has {} {} where most rows have {}; mend it", place, width,
                     dialect_.header ? "names" : "fields", dialect_.width);
  }

  /// Spreadsheets write columns at the end that have no name and hold nothing.
  void drop_empty_tail(std::vector<std::string_view>& first, const CsvOptions& options) const {
    const std::size_t least = options.schema && !dialect_.header ? options.schema->columns.size() : 1;
    const std::size_t filled = std::max(dialect_.width - std::min(dialect_.width, dialect_.empty_tail), least);
    while (first.size() > filled && first.back().empty()) first.pop_back();
  }

  bool give_blank(CsvRow& row) {
    if (blank_lines_.empty() || !waiting_) return false;
    row.line = blank_lines_[blanks_given_++];
    row.fields.assign(1, std::string_view());
    if (blanks_given_ == blank_lines_.size()) {
      blank_lines_.clear();
      blanks_given_ = 0;
    }
    return true;
  }

  /// A row that says what the header says: of files that were put together.
  bool repeats_header(const CsvRow& row) {
    if (header_.empty() || row.fields.size() != header_.size() || row.fields[0] != header_[0] ||
        (header_.size() == 1 && !(dialect_.numbers.size() == 1 && dialect_.numbers[0])) ||
        !std::equal(row.fields.begin(), row.fields.end(), header_.begin()))
      return false;
    headers_.add(row.line);
    return true;
  }

  void fit_width(CsvRow& row) const {
    const std::size_t width = names_.size();
    while (row.fields.size() > width && row.fields.back().empty()) row.fields.pop_back();
    if (row.fields.size() == width) return;
    const std::size_t place = std::min(row.fields.size(), width + 1) - 1;
    const bool apostrophes =
        std::ranges::any_of(row.fields, [](std::string_view field) { return field.starts_with('\''); });
    fail<InputError>(
        "csv: {}: {} fields where the first row has {}; mend the row, or put a field that holds the delimiter {} in "
        "{}quotes",
        where(row, place), row.fields.size(), width, delimiter_name(), apostrophes ? "double " : "");
  }

  std::string delimiter_name() const {
    if (dialect_.delimiter == '\t') return "tab";
    if (dialect_.delimiter == blanks) return "blank";
    return fmt::format("'{}'", dialect_.delimiter);
  }

  std::string where(std::int64_t line, std::size_t field) const {
    return fmt::format("{}:{}:{}", path().string(), line, field + 1);
  }

  /// Reads the next row and says in which line it begins. In a table of one column, blank lines before it are rows.
  bool read(std::int64_t& line) {
    blank_lines_.clear();
    for (;;) {
      line = lines_.number();
      if (skips_comment()) continue;
      switch (rows_.next()) {
        case CsvRows::Got::row: return true;
        case CsvRows::Got::end: return false;
        case CsvRows::Got::blank:
          if (names_.size() == 1) blank_lines_.push_back(line);
          continue;
        case CsvRows::Got::open_quote:
          fail<InputError>("csv: {}: a quote opens here and is never closed; close it, or double it inside of quotes",
                           where(line, rows_.error_field()));
      }
    }
  }

  bool skips_comment() {
    std::string_view line;
    if (!lines_.peek(0, line) || !is_comment_like(line)) return false;
    const auto place = static_cast<std::size_t>(lines_.number() - begin_);
    if (dialect_.hash_header == place) return false;
    if (dialect_.hash_rows && count_plain_fields(line, dialect_.delimiter) >= dialect_.width) return false;
    comments_.add(lines_.number());
    lines_.take(1);
    return true;
  }

  TextLines lines_;
  std::int64_t begin_ = 1;  // the line that the dialect counts from
  CsvDialect dialect_;
  CsvRows rows_;
  std::vector<std::string> names_;
  std::vector<std::string> header_;  // as it stands; empty where there is none
  std::vector<bool> unnamed_;        // empty without a header
  std::int64_t first_line_ = 0;
  bool pending_ = false;  // the first row was no header and waits in the parser
  std::vector<std::int64_t> blank_lines_;
  std::size_t blanks_given_ = 0;
  bool waiting_ = false;  // a row waits in the parser until the blank lines before it are given
  std::int64_t waiting_line_ = 0;
  Skipped comments_, headers_;
};

CsvReader::CsvReader(const std::filesystem::path& path, const CsvOptions& options)
    : CsvReader(std::make_shared<ByteSource>(path), options) {}
CsvReader::CsvReader(std::shared_ptr<ByteSource> source, const CsvOptions& options)
    : impl_(std::make_unique<Impl>(std::move(source), options)) {}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;
char CsvReader::delimiter() const { return impl_->dialect().delimiter; }
bool CsvReader::has_header() const { return impl_->dialect().header; }
bool CsvReader::decimal_comma() const { return impl_->dialect().decimal_comma; }
const std::vector<std::string>& CsvReader::names() const { return impl_->names(); }
bool CsvReader::is_unnamed(std::size_t column) const { return impl_->is_unnamed(column); }
bool CsvReader::next(CsvRow& row) { return impl_->next(row); }
std::string CsvReader::where(const CsvRow& row, std::size_t field) const { return impl_->where(row, field); }
std::vector<std::string> CsvReader::notes() const { return impl_->notes(); }
const std::filesystem::path& CsvReader::path() const { return impl_->path(); }

}  // namespace relume::data
