#include "relume/data/csv_row_parser.h"

#include <algorithm>
#include <new>

#include "relume/base/require.h"
#include "relume/data/characters.h"

namespace relume::data {
namespace {

// No text in UTF-8 holds this byte, so that as the quote it turns quoting off.
constexpr unsigned char no_quote = 0xff;

int is_line_end(unsigned char c) { return c == '\n'; }

}  // namespace

CsvRowParser::CsvRowParser(char delimiter) : delimiter_(delimiter) {
  if (csv_init(&parser_, 0) != 0) throw std::bad_alloc();
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
  csv_set_term_func(&parser_, is_line_end);
}

CsvRowParser::~CsvRowParser() { csv_free(&parser_); }

void CsvRowParser::on_field(void* text, std::size_t size, void* self) {
  auto& parser = *static_cast<CsvRowParser*>(self);
  if (parser.row_done_) parser.start_row();
  parser.text_.append(static_cast<const char*>(text), size);
  parser.ends_.push_back(parser.text_.size());
}

void CsvRowParser::on_row(int, void* self) { static_cast<CsvRowParser*>(self)->row_done_ = true; }

void CsvRowParser::start_row() {
  text_.clear();
  ends_.clear();
  row_done_ = false;
}

void CsvRowParser::parse(std::string_view text) {
  if (csv_parse(&parser_, text.data(), text.size(), on_field, on_row, this) != text.size()) throw std::bad_alloc();
}

CsvRowParser::State CsvRowParser::feed(std::string_view line, bool quotes) {
  const bool begins = !quote_open_;
  if (begins) start_row();
  csv_set_quote(&parser_, quotes ? static_cast<unsigned char>('"') : no_quote);
  if (delimiter_ == blanks) {
    if (begins) in_collapsed_quote_ = false;
    line = collapse(line);
  }
  parse(line);
  parse("\n");
  if (row_done_) {
    quote_open_ = false;
    return State::row;
  }
  const bool nothing = begins && std::ranges::all_of(line, is_blank);
  quote_open_ = !nothing;
  return nothing ? State::blank : State::open_quote;
}

void CsvRowParser::reset() {
  csv_fini(&parser_, nullptr, nullptr, nullptr);
  quote_open_ = false;
  start_row();
}

void CsvRowParser::fields(std::vector<std::string_view>& out) const {
  out.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    out.emplace_back(text_.data() + begin, end - begin);
    begin = end;
  }
}

std::string_view CsvRowParser::collapse(std::string_view line) {
  collapsed_.clear();
  for (const char c : line) {
    if (c == '"') in_collapsed_quote_ = !in_collapsed_quote_;
    if (in_collapsed_quote_ || !is_blank(c)) {
      collapsed_ += c;
    } else if (!collapsed_.empty() && collapsed_.back() != blanks) {
      collapsed_ += blanks;
    }
  }
  if (!in_collapsed_quote_ && !collapsed_.empty() && collapsed_.back() == blanks) collapsed_.pop_back();
  return collapsed_;
}

std::size_t count_plain_fields(std::string_view line, char delimiter) {
  if (delimiter != blanks) return 1 + static_cast<std::size_t>(std::ranges::count(line, delimiter));
  std::size_t count = 0;
  bool inside = false;
  for (const char c : line) {
    count += !is_blank(c) && !inside;
    inside = !is_blank(c);
  }
  return count;
}

}  // namespace relume::data
