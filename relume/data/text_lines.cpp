#include "relume/data/text_lines.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "relume/base/require.h"
#include "relume/data/file_format.h"

namespace relume::data {
namespace {

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t longest_line = std::size_t{1} << 30;
constexpr std::string_view mark = "\xef\xbb\xbf";

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

void append_utf8(std::uint32_t code, std::string& text) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xe0 | (code >> 12));
    } else {
      put(0xf0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3f));
    }
    put(0x80 | ((code >> 6) & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

/// How many bytes the UTF-8 character at the beginning takes; 0 where there is none. `cut`: more bytes may make it one.
std::size_t utf8_length(std::string_view text, bool& cut) {
  const auto first = static_cast<unsigned char>(text[0]);
  cut = false;
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) {
      cut = true;
      return 0;
    }
    if (!continues(text[i])) return 0;
    // Neither longer than needed, nor half a pair of UTF-16, nor beyond the last character.
    const auto second = static_cast<unsigned char>(text[1]);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
      return 0;
  }
  return length;
}

/// The length of the valid UTF-8 that the text begins with; `cut` as above for what follows.
std::size_t valid_utf8(std::string_view text, bool& cut) {
  std::size_t at = 0;
  cut = false;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const std::size_t length = utf8_length(text.substr(at), cut);
    if (length == 0) break;
    at += length;
  }
  return at;
}

/// Windows-1252, in which five bytes mean nothing: 0.
std::uint32_t from_windows_1252(char c) {
  static constexpr std::array<std::uint16_t, 32> high = {
      0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
      0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
      0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80u] : byte;
}

/// Whether every other byte of a text in Latin letters is zero.
bool looks_like_utf16(std::string_view start) {
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < start.size(); ++i) zeros[i % 2] += start[i] == '\0';
  const std::size_t half = start.size() / 2;
  return half >= 2 && ((2 * zeros[0] > half && 8 * zeros[1] < half) || (2 * zeros[1] > half && 8 * zeros[0] < half));
}

}  // namespace

bool TextSource::read(std::string& text) {
  if (at_end_) return false;
  const std::size_t kept = raw_.size();
  raw_.resize(kept + block_bytes);
  const std::size_t got = source_->read(std::as_writable_bytes(std::span(raw_).subspan(kept)));
  raw_.resize(kept + got);
  at_end_ = got < block_bytes;
  if (!started_) look_at_start();
  // MS-DOS ended texts with it.
  if (at_end_ && raw_.ends_with('\x1a')) raw_.pop_back();
  const std::size_t from = text.size();
  if (encoding_ == Encoding::utf8)
    decode_utf8(text);
  else
    decode_utf16(text);
  mend_line_ends(text, from);
  drop_marks(text, from);
  lines_ += std::count(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), '\n');
  return true;
}

void TextSource::look_at_start() {
  started_ = true;
  const std::string_view start = std::string_view(raw_).substr(0, 4096);
  const std::string file = path().string();
  require<InputError>(!start.starts_with(std::string_view("\xff\xfe\0\0", 4)) &&
                          !start.starts_with(std::string_view("\0\0\xfe\xff", 4)),
                      "csv: {} is UTF-32; save it as UTF-8", file);
  if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) {
    encoding_ = start[0] == '\xff' ? Encoding::utf16_little : Encoding::utf16_big;
    raw_.erase(0, 2);
    consumed_ = 2;
    return;
  }
  refuse_other_formats(start, path());
  require<InputError>(!looks_like_utf16(start), "csv: {} is UTF-16 without a mark that says so; save it as UTF-8",
                      file);
}

/// The line of a place in raw_, counted from 1.
std::int64_t TextSource::line_of(std::size_t at) const {
  std::int64_t line = lines_ + 1;
  const std::size_t width = encoding_ == Encoding::utf8 ? 1 : 2;
  for (std::size_t i = 0; i + width <= at; i += width) {
    const std::uint32_t c = unit(i), next = i + 2 * width <= raw_.size() ? unit(i + width) : 0;
    line += c == '\n' || (c == '\r' && next != '\n' && next != '\r');
  }
  return line;
}

std::uint32_t TextSource::unit(std::size_t at) const {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(raw_[i])); };
  if (encoding_ == Encoding::utf8) return byte(at);
  return encoding_ == Encoding::utf16_little ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
}

void TextSource::decode_utf8(std::string& text) {
  const std::size_t zero = raw_.find('\0');
  require<InputError>(zero == std::string::npos,
                      "csv: {}:{}: byte {} of the file is zero: it is damaged or not text; copy or export it again",
                      path().string(), zero == std::string::npos ? 0 : line_of(zero), consumed_ + zero);
  std::size_t at = 0;
  while (at < raw_.size()) {
    bool cut = false;
    const std::size_t valid = valid_utf8(std::string_view(raw_).substr(at), cut);
    text.append(raw_, at, valid);
    at += valid;
    if (at == raw_.size() || (cut && !at_end_)) break;
    const std::size_t taken = decode_foreign(at, text);
    if (taken == 0) break;
    at += taken;
  }
  raw_.erase(0, at);
  consumed_ += at;
}

/// A byte that is no UTF-8. Words of other scripts are runs of such bytes, those of Latin letters are not. Returns 0
/// where the next block must show how long the run is.
std::size_t TextSource::decode_foreign(std::size_t at, std::string& text) {
  constexpr std::size_t longest_run = 3;
  std::size_t end = at;
  while (end < raw_.size() && !is_ascii(raw_[end]) && raw_[end] != '\xa0' && end - at <= longest_run) ++end;
  if (end == raw_.size() && !at_end_ && end - at <= longest_run) return 0;
  const std::uint32_t code = from_windows_1252(raw_[at]);
  const std::int64_t line = foreign_bytes_ == 0 || code == 0 || end - at > longest_run ? line_of(at) : 0;
  require<InputError>(
      code != 0 && end - at <= longest_run,
      "csv: {}:{}: byte {} of the file (0x{:02X}) is neither UTF-8 nor Windows-1252 (Latin-1); save it as UTF-8",
      path().string(), line, consumed_ + at, static_cast<unsigned char>(raw_[at]));
  if (foreign_bytes_++ == 0) first_foreign_line_ = line;
  append_utf8(code, text);
  return 1;
}

void TextSource::decode_utf16(std::string& text) {
  std::size_t at = 0;
  for (; at + 2 <= raw_.size(); at += 2) {
    std::uint32_t code = unit(at);
    const std::size_t begin = at;
    if (code >= 0xd800 && code < 0xdc00) {
      if (at + 4 > raw_.size() && !at_end_) break;
      const std::uint32_t low = at + 4 <= raw_.size() ? unit(at + 2) : 0;
      code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0;
      at += 2;
    } else if (code >= 0xdc00 && code < 0xe000) {
      code = 0;
    }
    if (code == 0)
      fail<InputError>("csv: {}:{}: byte {} of the file is no UTF-16; copy it again or save it as UTF-8",
                       path().string(), line_of(begin), consumed_ + begin);
    append_utf8(code, text);
  }
  require<InputError>(!at_end_ || at >= raw_.size(), "csv: {} is UTF-16 and ends inside of a character; copy it again",
                      path().string());
  at = std::min(at, raw_.size());
  raw_.erase(0, at);
  consumed_ += at;
}

/// CRs before an LF are one line end with it, others are one each.
void TextSource::mend_line_ends(std::string& text, std::size_t from) {
  if (pending_returns_ > 0) {
    text.insert(from, pending_returns_, '\r');
    pending_returns_ = 0;
  }
  std::size_t read = text.find('\r', from);
  if (read == std::string::npos) return;
  std::size_t write = read;
  while (read < text.size()) {
    if (text[read] != '\r') {
      const std::size_t next = std::min(text.find('\r', read), text.size());
      std::memmove(text.data() + write, text.data() + read, next - read);
      write += next - read;
      read = next;
      continue;
    }
    const std::size_t after = std::min(text.find_first_not_of('\r', read), text.size());
    if (after == text.size() && !at_end_) {
      pending_returns_ = after - read;
    } else if (after == text.size() || text[after] != '\n') {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(write), after - read, '\n');
      write += after - read;
    }
    read = after;
  }
  text.resize(write);
}

void TextSource::drop_marks(std::string& text, std::size_t from) {
  std::size_t read = from, write = from;
  while (read < text.size()) {
    const std::size_t found = std::min(text.find(mark, read), text.size());
    std::memmove(text.data() + write, text.data() + read, found - read);
    write += found - read;
    read = found;
    if (read == text.size()) break;
    if (!(write == from ? at_line_start_ : text[write - 1] == '\n')) {
      std::memmove(text.data() + write, mark.data(), mark.size());
      write += mark.size();
    }
    read += mark.size();
  }
  text.resize(write);
  if (write > from) at_line_start_ = text.back() == '\n';
}

std::vector<std::string> TextSource::notes() const {
  if (foreign_bytes_ == 0) return {};
  return {
      fmt::format("{}:{}: {} no UTF-8 and read as Windows-1252 (Latin-1), the first in this line; save the file as "
                  "UTF-8 if letters come out wrong",
                  path().string(), first_foreign_line_,
                  foreign_bytes_ == 1 ? "1 byte is" : fmt::format("{} bytes are", foreign_bytes_))};
}

bool TextLines::peek(std::size_t ahead, std::string_view& line) {
  while (ahead_.size() <= taken_ + ahead)
    if (!find_line()) return false;
  const Span span = ahead_[taken_ + ahead];
  line = std::string_view(buffer_).substr(span.begin, span.end - span.begin);
  return true;
}

void TextLines::take(std::size_t lines) {
  taken_ += lines;
  if (taken_ == ahead_.size()) {
    ahead_.clear();
    taken_ = 0;
  }
  number_ += static_cast<std::int64_t>(lines);
}

bool TextLines::find_line() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos || at_end_) {
      if (end == std::string::npos && scanned_ >= buffer_.size()) return false;
      const std::size_t stop = std::min(end, buffer_.size());
      ahead_.push_back({scanned_, stop});
      scanned_ = searched_ = std::min(stop + 1, buffer_.size());
      return true;
    }
    searched_ = buffer_.size();
    fill();
    require<InputError>(buffer_.size() - scanned_ < longest_line,
                        "csv: {}:{}: this line has over {} bytes; give a table", path().string(),
                        number_ + static_cast<std::int64_t>(ahead_.size() - taken_), longest_line);
  }
}

/// Reads on and drops the lines that were taken.
bool TextLines::fill() {
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
  const std::size_t drop = ahead_.empty() ? scanned_ : ahead_.front().begin;
  buffer_.erase(0, drop);
  for (Span& span : ahead_) {
    span.begin -= drop;
    span.end -= drop;
  }
  scanned_ -= drop;
  searched_ -= drop;
  at_end_ = !text_.read(buffer_);
  return !at_end_;
}

std::vector<std::string_view> TextLines::sample() {
  constexpr std::size_t most_lines = 500, enough_lines = 20, enough_bytes = 1 << 18;
  std::size_t count = 0;
  std::string_view line;
  for (std::size_t bytes = 0; count < most_lines && (count < enough_lines || bytes < enough_bytes); ++count) {
    if (!peek(count, line)) break;
    bytes += line.size();
  }
  std::vector<std::string_view> lines;
  for (std::size_t i = 0; i < count; ++i) {
    peek(i, line);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace relume::data
