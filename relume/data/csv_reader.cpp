// The streaming reader: lines from the source, rows from the lines.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "relume/base/require.h"
#include "relume/data/byte_source.h"
#include "relume/data/csv.h"
#include "relume/data/csv_row_parser.h"
#include "relume/data/csv_sniff.h"

namespace relume::data {
namespace {

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t sample_bytes = 1 << 18;
constexpr std::size_t sample_lines = 500;

/// The lines of a source, one after the other, with a look at the one that follows.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& path) : source_(path) {
    fill();
    const std::string_view start(buffer_.data(), std::min(buffer_.size(), sample_bytes));
    require<InputError>(!start.starts_with("\xff\xfe") && !start.starts_with("\xfe\xff"),
                        "csv: {} is UTF-16; save it as UTF-8", path.string());
    const std::size_t zero = start.find('\0');
    require<InputError>(zero == std::string_view::npos, "csv: {} is not text: byte {} is zero; give a table as text",
                        path.string(), zero);
    if (start.starts_with("\xef\xbb\xbf")) begin_ = 3;
    if (start.find('\n') == std::string_view::npos && start.find('\r') != std::string_view::npos) line_end_ = '\r';
  }

  const std::filesystem::path& path() const { return source_.path(); }
  /// Of the line that next() gave, counted from 1.
  std::int64_t number() const { return number_; }

  /// The next line without its end, valid until the next call; false at the end of the file.
  bool next(std::string_view& line) {
    std::size_t after = 0;
    if (!find_line(begin_, line, after)) return false;
    begin_ = after;
    ++number_;
    return true;
  }

  /// The line after the one that next() gave. `current` is that line; it is kept valid.
  bool peek(std::string_view& current, std::string_view& following) {
    // The current line stays in the buffer: it lies before begin_, and only fill() moves bytes.
    const std::size_t size = current.size();
    const std::size_t offset = static_cast<std::size_t>(current.data() - buffer_.data());
    keep_ = offset;
    std::size_t after = 0;
    const std::size_t distance = begin_ - offset;
    const bool found = find_line(begin_, following, after);
    begin_ = keep_ + distance;
    current = std::string_view(buffer_).substr(keep_, size);
    keep_ = none;
    return found;
  }

  /// The first lines, for sniffing; they are not taken.
  std::vector<std::string_view> sample() {
    std::vector<std::string_view> lines;
    std::size_t at = begin_;
    while (lines.size() < sample_lines && at < buffer_.size()) {
      const std::size_t end = buffer_.find(line_end_, at);
      if (end == std::string::npos && !at_end_) break;
      lines.push_back(without_return(std::string_view(buffer_).substr(at, std::min(end, buffer_.size()) - at)));
      at = end == std::string::npos ? buffer_.size() : end + 1;
    }
    return lines;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  bool find_line(std::size_t from, std::string_view& line, std::size_t& after) {
    std::size_t searched = from;
    for (;;) {
      const std::size_t end = buffer_.find(line_end_, searched);
      if (end != std::string::npos || at_end_) {
        if (end == std::string::npos && from >= buffer_.size()) return false;
        const std::size_t stop = std::min(end, buffer_.size());
        after = std::min(stop + 1, buffer_.size());
        line = without_return(std::string_view(buffer_).substr(from, stop - from));
        return true;
      }
      searched = buffer_.size();
      const std::size_t moved = fill();
      from -= moved;
      searched -= moved;
    }
  }

  /// Reads another block and drops what is no longer needed; returns by how much the bytes moved to the front.
  std::size_t fill() {
    const std::size_t drop = keep_ == none ? begin_ : keep_;
    buffer_.erase(0, drop);
    begin_ -= drop;
    if (keep_ != none) keep_ = 0;
    const std::size_t old = buffer_.size();
    const std::size_t wanted = std::max(block_bytes, old);
    buffer_.resize(old + wanted);
    const std::size_t got = source_.read(std::as_writable_bytes(std::span(buffer_).subspan(old)));
    buffer_.resize(old + got);
    at_end_ = got < wanted;
    return drop;
  }

  ByteSource source_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the next line
  std::size_t keep_ = none;
  std::int64_t number_ = 0;
  char line_end_ = '\n';
  bool at_end_ = false;
};

/// Names for all columns, each of them once.
std::vector<std::string> make_names(const std::vector<std::string_view>& header, std::size_t width) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < width; ++i) {
    std::string name = i < header.size() ? std::string(header[i]) : std::string();
    if (name.empty()) name = fmt::format("column{}", i + 1);
    std::string unique = name;
    for (int copy = 2; !taken.insert(unique).second; ++copy) unique = fmt::format("{}.{}", name, copy);
    names.push_back(std::move(unique));
  }
  return names;
}

}  // namespace

class CsvReader::Impl {
 public:
  Impl(const std::filesystem::path& path, const CsvOptions& options)
      : lines_(path), dialect_(sniff(lines_.sample(), options)), parser_(dialect_.delimiter) {
    const bool trailing = rows_trail();
    CsvRow first;
    const bool any = read(first);
    require<InputError>(any, "csv: {} holds no rows; give a table", path.string());
    std::size_t width = first.fields.size();
    // R writes no name over the names of its rows.
    const bool row_names = dialect_.header && dialect_.width == width + 1 && !trailing;
    if (row_names) first.fields.insert(first.fields.begin(), std::string_view("row"));
    while (dialect_.header && width > dialect_.width && dialect_.width > 0 && first.fields.back().empty()) {
      first.fields.pop_back();
      --width;
    }
    names_ = make_names(dialect_.header ? first.fields : std::vector<std::string_view>{}, first.fields.size());
    if (!dialect_.header) {
      pending_ = true;
      first_line_ = first.line;
    }
  }

  bool next(CsvRow& row) {
    if (pending_) {
      pending_ = false;
      parser_.fields(row.fields);
      row.line = first_line_;
      return true;
    }
    do {
      if (!read(row)) return false;
    } while (row.fields.size() != names_.size() && is_empty(row));
    fit_width(row);
    return true;
  }

  std::string where(const CsvRow& row, std::size_t field) const {
    return fmt::format("{}:{}:{}", lines_.path().string(), row.line, field + 1);
  }

  const CsvDialect& dialect() const { return dialect_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::filesystem::path& path() const { return lines_.path(); }

 private:
  static bool is_empty(const CsvRow& row) {
    return std::ranges::all_of(row.fields, [](std::string_view field) { return field.empty(); });
  }

  /// Whether all rows under the first one end in a delimiter.
  bool rows_trail() {
    const std::vector<std::string_view> sample = lines_.sample();
    return std::all_of(sample.begin() + !sample.empty(), sample.end(),
                       [&](std::string_view line) { return line.empty() || line.back() == dialect_.delimiter; });
  }

  void fit_width(CsvRow& row) const {
    const std::size_t width = names_.size();
    while (row.fields.size() > width && row.fields.back().empty()) row.fields.pop_back();
    if (row.fields.size() == width) return;
    const std::size_t place = std::min(row.fields.size(), width + 1) - 1;
    fail<InputError>(
        "csv: {}: {} fields where the first row has {}; mend the row, or put a field that holds the delimiter {} in "
        "quotes",
        where(row, place), row.fields.size(), width, delimiter_name());
  }

  std::string delimiter_name() const {
    if (dialect_.delimiter == '\t') return "tab";
    if (dialect_.delimiter == blanks) return "blank";
    return fmt::format("'{}'", dialect_.delimiter);
  }

  bool read(CsvRow& row) {
    std::string_view line;
    while (lines_.next(line)) {
      row.line = lines_.number();
      auto state = parser_.feed(line);
      if (state == CsvRowParser::State::open_quote && quote_is_stray(line)) {
        parser_.reset();
        state = parser_.feed(line, false);
      }
      while (state == CsvRowParser::State::open_quote) {
        require<InputError>(lines_.next(line), "csv: {}: a quote opens here and is never closed; close or double it",
                            where(row, parser_.field_count()));
        state = parser_.feed(line);
      }
      if (state == CsvRowParser::State::blank) continue;
      parser_.fields(row.fields);
      return true;
    }
    return false;
  }

  /// A quote that no quote closes on its line is a character where the line and the next one are complete without it.
  bool quote_is_stray(std::string_view& line) {
    const std::size_t width = names_.empty() ? dialect_.width : names_.size();
    if (width < 2 || count_plain_fields(line, dialect_.delimiter) != width) return false;
    std::string_view following;
    return !lines_.peek(line, following) || count_plain_fields(following, dialect_.delimiter) == width;
  }

  Lines lines_;
  CsvDialect dialect_;
  CsvRowParser parser_;
  std::vector<std::string> names_;
  std::int64_t first_line_ = 0;
  bool pending_ = false;  // the first row was no header and waits in the parser
};

CsvReader::CsvReader(const std::filesystem::path& path, const CsvOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;
char CsvReader::delimiter() const { return impl_->dialect().delimiter; }
bool CsvReader::has_header() const { return impl_->dialect().header; }
bool CsvReader::decimal_comma() const { return impl_->dialect().decimal_comma; }
const std::vector<std::string>& CsvReader::names() const { return impl_->names(); }
bool CsvReader::next(CsvRow& row) { return impl_->next(row); }
std::string CsvReader::where(const CsvRow& row, std::size_t field) const { return impl_->where(row, field); }
const std::filesystem::path& CsvReader::path() const { return impl_->path(); }

}  // namespace relume::data
