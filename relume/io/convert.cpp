#include "relume/io/convert.h"

#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "relume/base/require.h"
#include "relume/data/file_format.h"
#include "relume/data/npy_bytes.h"
#include "relume/data/npz_writer.h"
#include "relume/data/open.h"
#include "relume/io/safetensors.h"

namespace relume::io {
namespace {

// What safetensors says in words, as arrays of one text each.
constexpr std::string_view words_of_file = "__metadata__.";

/// None of what can be read once only: that is left to who reads it.
std::string first_bytes(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  std::string bytes(64, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// A header's length in eight bytes, and the header.
bool is_safetensors(std::string_view start) { return start.size() > 8 && start[7] == '\0' && start[8] == '{'; }

/// "007" is a name, whatever it looks like: as a number it would be 7.
bool has_codes(const data::Column& column) {
  for (std::int64_t row = 0; row < column.rows(); ++row)
    if (const std::string text = column.text(row);
        text.size() > 1 && text[0] == '0' && std::isdigit(static_cast<unsigned char>(text[1])))
      return true;
  return false;
}

bool is_whole(const data::Column& column) {
  constexpr double exact = 9007199254740992;  // 2^53
  for (const double number : column.numbers)
    if (!(std::fabs(number) <= exact) || std::trunc(number) != number) return false;
  return true;
}

void add_column(data::NpzWriter& file, const data::Column& column) {
  if (column.is_text() || has_codes(column)) {
    std::vector<std::string> texts;
    for (std::int64_t row = 0; row < column.rows(); ++row) texts.push_back(column.text(row));
    file.add(column.name, texts);
  } else {
    const Tensor numbers = from_vector(column.numbers);
    file.add(column.name, is_whole(column) ? numbers.to(int64) : numbers);
  }
}

std::vector<std::string> table_to_npz(const std::string& in, const std::string& out, const data::CsvOptions& csv) {
  const data::Source source = data::open_data(in, {.csv = csv});
  const auto* table = std::get_if<data::Table>(&source);
  require<InputError>(table, "convert: {} is no table; a table, a .safetensors or a .npz is converted", in);
  data::NpzWriter file(out);
  for (const data::Column& column : table->columns) add_column(file, column);
  file.commit();
  return table->notes;
}

void safetensors_to_npz(const std::string& in, const std::string& out) {
  const SafeTensors content = load_safetensors(in);
  data::NpzWriter file(out);
  for (const auto& [name, tensor] : content.tensors) file.add(name, tensor);
  for (const auto& [name, text] : content.metadata)
    file.add(std::string(words_of_file) + name, std::vector<std::string>{text});
  file.commit();
}

void npz_to_safetensors(const std::string& in, const std::string& out) {
  const data::NpzFile file(in);
  SafeTensors content;
  for (const std::string& name : file.names()) {
    const data::NpyArray array = file.read(name);
    const auto* text = std::get_if<data::TextArray>(&array);
    const bool words = text && name.starts_with(words_of_file) && text->column.rows() == 1;
    require<InputError>(!text || words, "convert: {}: \"{}\" is text, which a .safetensors does not hold", in, name);
    if (words)
      content.metadata[name.substr(words_of_file.size())] = text->column.text(0);
    else
      content.tensors.emplace_back(name, std::get<Tensor>(array));
  }
  save_safetensors(out, content);
}

}  // namespace

std::vector<std::string> convert(const std::string& in, const std::string& out, const data::CsvOptions& csv) {
  const std::string start = first_bytes(in);
  const bool to_npz = out.ends_with(".npz"), to_safetensors = out.ends_with(".safetensors");
  require<InputError>(to_npz || to_safetensors, "convert: {} is neither a .npz nor a .safetensors", out);
  const bool from_npz = data::is_npz(start);
  require<InputError>(!from_npz || to_safetensors, "convert: {} is a .npz already; it becomes a .safetensors", in);
  require<InputError>(from_npz || to_npz, "convert: {} is no .npz; only that becomes a .safetensors, all else a .npz",
                      in);
  if (!from_npz && !is_safetensors(start)) return table_to_npz(in, out, csv);
  from_npz ? npz_to_safetensors(in, out) : safetensors_to_npz(in, out);
  return {};
}

}  // namespace relume::io
