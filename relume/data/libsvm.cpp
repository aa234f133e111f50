#include "relume/data/libsvm.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/data/text_lines.h"

namespace relume::data {
namespace {

constexpr std::int64_t largest_feature = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t most_numbers = std::size_t{1} << 28;
constexpr std::string_view blanks = " \t\r\v\f";

/// The next word of the line, which loses it; empty at its end.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

template <class T>
bool parse(std::string_view text, T& number) {
  return relume::parse(text.substr(text.starts_with('+') ? 1 : 0), number);
}

std::string_view without_comment(std::string_view line) { return line.substr(0, line.find('#')); }

bool is_libsvm_line(std::string_view line, std::size_t& pairs) {
  line = without_comment(line);
  if (next_word(line).find_first_not_of("0123456789.+-eE,") != std::string_view::npos) return false;
  std::int64_t last = -1;
  for (std::string_view word; !(word = next_word(line)).empty(); ++pairs) {
    const std::size_t colon = word.find(':');
    std::int64_t feature = last + 1;
    double value = 0;
    if (colon == word.npos || !parse(word.substr(colon + 1), value)) return false;
    const std::string_view name = word.substr(0, colon);
    if (name != "qid") {
      if (name.empty() || name.find_first_not_of("0123456789") != name.npos) return false;
      if (!parse(name, feature)) feature = std::numeric_limits<std::int64_t>::max();  // read_libsvm() refuses it
      if (feature <= last) return false;
    }
    last = feature;
  }
  return true;
}

struct Element {
  std::size_t row;
  double value;
};

/// What the rows hold, feature by feature.
class LibsvmRows {
 public:
  explicit LibsvmRows(std::string source) { table_.source = std::move(source); }

  void add(std::string_view line, std::int64_t number) {
    const std::string_view label = next_word(line);
    if (label.empty()) return;
    const auto check = [&](bool holds, std::string_view word, const char* what) {
      require<InputError>(holds, "data: {}:{}: '{}' {}", table_.source, number, word.substr(0, 40), what);
    };
    check(label.find(',') == label.npos, label, "are several labels; give one for each row");
    check(parse(label, y_.emplace_back()), label, "is no label; give a number");
    table_.lines.push_back(number);
    for (std::string_view word; !(word = next_word(line)).empty();) {
      const std::size_t colon = word.find(':');
      const std::string_view name = word.substr(0, colon);
      double value = 0;
      check(colon != word.npos && parse(word.substr(colon + 1), value), word, "is no pair such as 3:0.5");
      if (name == "qid") {
        has_qid_ = true;
        continue;
      }
      std::int64_t feature = 0;
      check(parse(name, feature) && feature >= 0 && feature <= largest_feature, word,
            "is no feature from 0 to 2147483647");
      std::vector<Element>& column = columns_[feature];
      check(column.empty() || column.back().row + 1 < y_.size(), word, "is a feature that the row has already");
      column.push_back({y_.size() - 1, value});
    }
  }

  Table finish() {
    require<InputError>(!y_.empty(), "data: {} has no rows", table_.source);
    require<InputError>(y_.size() <= most_numbers / (columns_.size() + 1),
                        "data: {}: {} rows of {} features are too large a table; leave out features that are rare",
                        table_.source, y_.size(), columns_.size());
    for (const auto& [feature, entries] : columns_) {
      std::vector<double> numbers(y_.size());
      for (const Element& entry : entries) numbers[entry.row] = entry.value;
      table_.columns.push_back({.name = fmt::format("x{}", feature), .numbers = std::move(numbers)});
    }
    table_.columns.push_back({.name = "y", .numbers = std::move(y_)});
    table_.absent_is_zero = true;
    if (has_qid_) table_.notes.emplace_back("the groups of rows that qid names are left out: nothing is ranked");
    return std::move(table_);
  }

 private:
  Table table_;
  std::map<std::int64_t, std::vector<Element>> columns_;
  std::vector<double> y_;
  bool has_qid_ = false;
};

}  // namespace

bool is_libsvm(const std::vector<std::string_view>& lines) {
  std::size_t pairs = 0;
  return std::ranges::all_of(lines, [&](std::string_view line) { return is_libsvm_line(line, pairs); }) && pairs > 0;
}

Table read_libsvm(const std::shared_ptr<ByteSource>& bytes) {
  LibsvmRows rows(bytes->path().string());
  TextLines lines(bytes);
  for (std::string_view line; lines.peek(0, line); lines.take(1)) rows.add(without_comment(line), lines.number());
  Table table = rows.finish();
  for (std::string& note : lines.notes()) table.notes.push_back(std::move(note));
  return table;
}

}  // namespace relume::data
