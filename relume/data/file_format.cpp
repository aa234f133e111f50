#include "relume/data/file_format.h"

#include <algorithm>
#include <optional>
#include <string>

#include "relume/base/require.h"
#include "relume/data/characters.h"
#include "relume/data/libsvm.h"

namespace relume::data {
namespace {

struct Format {
  std::string_view magic;
  std::string_view name;
  std::string_view remedy;
};

using namespace std::string_view_literals;

constexpr std::string_view unpack = "unpack it", save_as_csv = "save its table as CSV", to_csv = "export it as CSV";

constexpr Format formats[] = {
    {"BZh"sv, "a bzip2 archive", unpack},
    {"\xfd"
     "7zXZ\0"sv,
     "an xz archive", unpack},
    {"\x28\xb5\x2f\xfd"sv, "a zstd archive", unpack},
    {"\x04\x22\x4d\x18"sv, "an lz4 archive", unpack},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive", unpack},
    {"Rar!\x1a\x07"sv, "a RAR archive", unpack},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Office file (.xls)", save_as_csv},
    {"%PDF-"sv, "a PDF", "give a table as text"},
    {"%!PS"sv, "PostScript", "give a table as text"},
    {"{\\rtf"sv, "RTF", "save it as plain text"},
    {"PAR1"sv, "Parquet", "write it as CSV (pandas: read_parquet(…).to_csv(…, index=False))"},
    {"ORC"sv, "ORC", "write it as CSV"},
    {"ARROW1"sv, "Arrow (Feather)", "write it as CSV (pandas: read_feather(…).to_csv(…, index=False))"},
    {"FEA1"sv, "Feather", "write it as CSV (pandas: read_feather(…).to_csv(…, index=False))"},
    {"Obj\x01"sv, "Avro", "write it as CSV"},
    {"SQLite format 3\0"sv, "a SQLite database", "export its table as CSV (sqlite3: .mode csv, .once FILE)"},
    {"\x89HDF\r\n\x1a\n"sv, "HDF5", "write its table as CSV, or its arrays as .npz"},
    {"CDF\x01"sv, "NetCDF", "write its arrays as .npz"},
    {"MATLAB 5.0 MAT-file"sv, "a MATLAB file", "write its arrays as .npz (scipy.io.loadmat, numpy.savez)"},
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture", "pictures come as arrays in a .npz or an IDX folder"},
    {"\xff\xd8\xff"sv, "a JPEG picture", "pictures come as arrays in a .npz or an IDX folder"},
    {"GIF8"sv, "a GIF picture", "pictures come as arrays in a .npz or an IDX folder"},
    {"II*\0"sv, "a TIFF picture", "pictures come as arrays in a .npz or an IDX folder"},
    {"MM\0*"sv, "a TIFF picture", "pictures come as arrays in a .npz or an IDX folder"},
    {"\x7f"
     "ELF"sv,
     "a program", "give a table as text"},
    {"$FL2"sv, "an SPSS file", to_csv},
    {"<stata_dta>"sv, "a Stata file", to_csv},
    {"RDX2\n"sv, "an R workspace", "write its table as CSV (write.csv)"},
    {"RDX3\n"sv, "an R workspace", "write its table as CSV (write.csv)"},
    {"X\n\0\0\0"sv, "an R object (.rds)", "write its table as CSV (write.csv)"},
    {"version https://git-lfs"sv, "a Git LFS pointer, not the data itself", "fetch the data: git lfs pull"},
};

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view name, std::string_view remedy) {
  fail<InputError>("data: {} is {}; {}", path.string(), name, remedy);
}

bool begins_with_word(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::ranges::equal(text.substr(0, lower_case.size()), lower_case,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

/// The name of a zip archive's first member; nothing for other files.
std::optional<std::string> first_member(std::string_view start) {
  constexpr std::size_t header_bytes = 30;
  if (!start.starts_with("PK\x03\x04") && !start.starts_with("PK\x05\x06")) return std::nullopt;
  if (start.size() < header_bytes) return "";
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(start[at])); };
  const std::string_view name = start.substr(header_bytes, byte(26) | byte(27) << 8);
  // Names are shown to people.
  const bool printable = std::ranges::all_of(name, [](char c) { return c >= ' ' && c < 0x7f; });
  return std::string(printable ? name : "");
}

void refuse_zip(std::string_view member, std::string_view start, const std::filesystem::path& path) {
  if (member == "[Content_Types].xml" || member.starts_with("_rels/") || member.starts_with("xl/") ||
      member.starts_with("docProps/"))
    refuse(path, "an Office file (.xlsx: a spreadsheet inside of a zip archive)", save_as_csv);
  if (member == "mimetype" && start.find("opendocument") != std::string_view::npos)
    refuse(path, "an OpenDocument file (.ods)", save_as_csv);
  if (member.ends_with("/data.pkl")) refuse(path, "a PyTorch file", "write its arrays with numpy.savez");
  refuse(path, member.empty() ? std::string("a zip archive") : fmt::format("a zip archive (of {})", member), unpack);
}

/// Columns may be called PAR1 and ORCID.
bool could_be_a_name(std::string_view magic) {
  return std::ranges::all_of(
      magic, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

bool is_binary(std::string_view start) {
  return std::ranges::any_of(start, [](char c) { return (c >= 0 && c < '\t') || (c > '\r' && c < ' '); });
}

/// A pickle of protocol 2 or newer: its number and then an opcode.
bool is_pickle(std::string_view start) {
  return start.size() >= 3 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5 &&
         std::string_view("\x95}]()cCX\x8cGKMJN").find(start[2]) != std::string_view::npos;
}

/// "{" or "[" and what can only be JSON behind it.
bool is_json(const std::vector<std::string_view>& lines, std::string_view first) {
  if (first.front() != '{' && first.front() != '[') return false;
  const std::string_view rest = trim(first.substr(1), is_space);
  if (first.front() == '{')
    return rest.empty() || rest.front() == '}' || (rest.front() == '"' && rest.find(':') != rest.npos);
  if (rest.empty() || rest.front() == '{' || rest.front() == '[') return true;
  return std::ranges::all_of(lines, [](std::string_view line) {
    line = trim(line, is_space);
    return line.empty() || (line.front() == '[' && line.back() == ']' && line.find("],[") == line.npos &&
                            line.find("];[") == line.npos);
  });
}

/// "|---|:--:|", "+----+----+": the rule under the head of a table that is drawn with characters.
bool is_rule(std::string_view line) {
  line = trim(line, is_space);
  return line.size() >= 5 && line.find("---") != line.npos && line.find_first_of("|+") != line.npos &&
         line.find_first_not_of("|+-: ") == line.npos;
}

}  // namespace

void refuse_other_formats(std::string_view start, const std::filesystem::path& path) {
  if (const auto member = first_member(start)) refuse_zip(*member, start, path);
  for (const Format& format : formats)
    if (start.starts_with(format.magic) && (!could_be_a_name(format.magic) || is_binary(start)))
      refuse(path, format.name, format.remedy);
  if (is_pickle(start)) refuse(path, "a Python pickle", "write its table as CSV, or its arrays with numpy.savez");
  if (start.size() > 262 && start.substr(257, 5) == "ustar") refuse(path, "a tar archive", unpack);
}

void refuse_other_texts(const std::vector<std::string_view>& lines, const std::filesystem::path& path) {
  const auto found = std::ranges::find_if(lines, [](std::string_view line) { return !trim(line, is_space).empty(); });
  if (found == lines.end()) return;
  const std::string_view first = trim(*found, is_space);
  if (begins_with_word(first, "<!doctype") || begins_with_word(first, "<html"))
    refuse(path, "an HTML page", "give the file that the page shows or links to");
  if (begins_with_word(first, "<?xml")) refuse(path, "XML", save_as_csv);
  if (begins_with_word(first, "insert into ") || begins_with_word(first, "create table "))
    refuse(path, "SQL", "export its table as CSV");
  if (is_json(lines, first))
    refuse(path, "JSON", "write it as CSV (pandas: read_json(…, lines=True).to_csv(…, index=False))");
  const auto speaks = std::ranges::find_if(lines, [](std::string_view line) {
    const std::string_view text = trim(line, is_space);
    return !text.empty() && text.front() != '%';
  });
  if (speaks != lines.end() && begins_with_word(trim(*speaks, is_space), "@relation"))
    refuse(path, "ARFF", "take out all up to @data, give the names of the columns as its first line");
  if (is_libsvm(lines))
    refuse(path, "in LIBSVM's format of pairs such as 1:0.5", "give it as a file, which is not read row by row");
  const auto rule =
      std::find_if(lines.begin(), lines.begin() + std::min<std::ptrdiff_t>(std::ssize(lines), 10), is_rule);
  if (rule != lines.begin() + std::min<std::ptrdiff_t>(std::ssize(lines), 10))
    fail<InputError>(
        "data: {}:{}: '{}' is the rule of a drawn table, as Markdown and databases' shells write it; save the table as "
        "CSV",
        path.string(), rule - lines.begin() + 1, rule->substr(0, 20));
}

bool is_npz(std::string_view start) {
  const auto member = first_member(start);
  return member && (member->ends_with(".npy") || member->empty());
}

}  // namespace relume::data
