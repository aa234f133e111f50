// Private. The lines of a text file, whatever its encoding and its line ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/byte_source.h"

namespace relume::data {

/// Lines to look at before they are taken.
class LineSource {
 public:
  virtual ~LineSource() = default;
  /// The line `ahead` lines after the next one, without its end; false where the file ends before it. The view is valid
  /// until the next call.
  virtual bool peek(std::size_t ahead, std::string_view& line) = 0;
  virtual void take(std::size_t lines) = 0;
};

/// A file's text as UTF-8 in which every line ends in '\n': LF, CRLF, CR and CRCRLF may be mixed. A byte-order mark is
/// dropped at the beginning of every line, as files that were put together have them. UTF-16 is read by its mark. A
/// byte that is no UTF-8 is read as Windows-1252, which holds Latin-1; where it can be that neither, and where a byte
/// is zero, an InputError names line and byte.
class TextSource {
 public:
  explicit TextSource(std::shared_ptr<ByteSource> source) : source_(std::move(source)) {}

  /// Appends the next part of the text; false at its end.
  bool read(std::string& text);
  /// What was not as it stands in the file, in sentences.
  std::vector<std::string> notes() const;
  const std::filesystem::path& path() const { return source_->path(); }

 private:
  enum class Encoding : std::uint8_t { utf8, utf16_little, utf16_big };

  void look_at_start();
  void decode_utf8(std::string& text);
  void decode_utf16(std::string& text);
  std::size_t decode_foreign(std::size_t at, std::string& text);
  void mend_line_ends(std::string& text, std::size_t from);
  void drop_marks(std::string& text, std::size_t from);
  std::int64_t line_of(std::size_t at) const;
  std::uint32_t unit(std::size_t at) const;

  std::shared_ptr<ByteSource> source_;
  std::string raw_;             // bytes that are not decoded yet
  std::uint64_t consumed_ = 0;  // bytes before raw_
  std::int64_t lines_ = 0;      // line ends before raw_
  Encoding encoding_ = Encoding::utf8;
  bool started_ = false;
  bool at_end_ = false;
  bool at_line_start_ = true;
  std::size_t pending_returns_ = 0;  // CRs at the end of what was decoded
  std::int64_t foreign_bytes_ = 0;
  std::int64_t first_foreign_line_ = 0;
};

/// The lines of a TextSource.
class TextLines : public LineSource {
 public:
  explicit TextLines(std::shared_ptr<ByteSource> source) : text_(std::move(source)) {}

  bool peek(std::size_t ahead, std::string_view& line) override;
  void take(std::size_t lines) override;
  /// Of the next line, counted from 1.
  std::int64_t number() const { return number_; }
  /// The next lines, for a look at what the file is like; they are not taken.
  std::vector<std::string_view> sample();
  std::vector<std::string> notes() const { return text_.notes(); }
  const std::filesystem::path& path() const { return text_.path(); }

 private:
  struct Span {
    std::size_t begin, end;
  };

  bool find_line();
  bool fill();

  TextSource text_;
  std::string buffer_;
  std::vector<Span> ahead_;   // lines that were found
  std::size_t taken_ = 0;     // how many of them were taken
  std::size_t scanned_ = 0;   // where the line after them begins
  std::size_t searched_ = 0;  // no line end before this
  std::int64_t number_ = 1;
  bool at_end_ = false;
};

}  // namespace relume::data
