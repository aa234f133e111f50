#include "relume/data/open.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/data/builtin.h"
#include "relume/data/byte_source.h"
#include "relume/data/file_format.h"
#include "relume/data/idx.h"
#include "relume/data/libsvm.h"
#include "relume/data/npy.h"
#include "relume/data/npy_bytes.h"
#include "relume/data/split.h"

namespace relume::data {
namespace {

/// A text as it is compared with a list of names: "X_Train" is "xtrain".
std::string plain(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return plain;
}

/// The arrays of a .npz file by what they are for; empty: none.
struct Role {
  std::string x, y;
};
struct Roles {
  Role train, valid, test;

  bool have(const std::string& name) const {
    return std::ranges::any_of(std::array{train, valid, test},
                               [&](const Role& role) { return name == role.x || name == role.y; });
  }
};

std::string find_name(const NpzFile& file, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted)
    for (const std::string& there : file.names())
      if (file.has(there) && plain(there) == name) return there;
  return {};
}

/// The arrays of some rows, by the word that stands before or behind what they are: "x_test", "test_images".
Role find_role(const NpzFile& file, std::initializer_list<std::string> words) {
  Role role;
  for (const std::string& word : words) {
    if (role.x.empty()) role.x = find_name(file, {"x" + word, word + "x", word + "images", word + "data"});
    if (role.y.empty()) role.y = find_name(file, {"y" + word, word + "y", word + "labels", word + "targets"});
  }
  return role;
}

std::string names_of(const NpzFile& file) {
  constexpr std::size_t most = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(file.names().size(), most); ++i)
    names += (names.empty() ? "" : ", ") + file.names()[i];
  return names.empty() ? "nothing" : file.names().size() > most ? names + ", …" : names;
}

Roles roles_of(const NpzFile& file, const std::string& path) {
  const auto& names = file.names();
  require<InputError>(std::ranges::any_of(names, [&](const std::string& name) { return file.has(name); }),
                      "data: {} is a zip archive of {}, not of NumPy's arrays; unpack it and give what is inside", path,
                      names_of(file));
  require<InputError>(!(file.has("indptr") && file.has("indices")),
                      "data: {} is a sparse matrix of SciPy; save it dense: numpy.savez(file, X=X.toarray(), y=y)",
                      path);
  Roles roles;
  roles.train = find_role(file, {"train"});
  if (roles.train.x.empty()) roles.train.x = find_name(file, {"x", "data", "features", "images"});
  if (roles.train.y.empty()) roles.train.y = find_name(file, {"y", "labels", "label", "target", "targets"});
  roles.valid = find_role(file, {"val", "valid", "validation"});
  roles.test = find_role(file, {"test"});
  // numpy.savez(file, X, y) gives no names.
  if (roles.train.x.empty() && file.has("arr_0") && names.size() <= 2) {
    roles.train.x = "arr_0";
    if (file.has("arr_1")) roles.train.y = "arr_1";
  }
  if (roles.train.x.empty()) std::swap(roles.train, roles.test);
  require<InputError>(!roles.train.x.empty(),
                      "data: {} has no array x, X, data, features, images or x_train but {}; name the features X and "
                      "the targets y: numpy.savez(file, X=X, y=y)",
                      path, names_of(file));
  return roles;
}

/// The targets of that name, and whether they are labels by their type.
Column read_targets(const NpzFile& file, const std::string& name, const std::string& path, bool& are_labels) {
  const std::string where = fmt::format("{}: {}", path, name);
  NpyArray array = file.read(name);
  if (auto* text = std::get_if<TextArray>(&array)) {
    require<InputError>(text->column.rows() == text->shape[0], "data: {}: targets are {}; give one for each row", where,
                        text->shape);
    text->column.name = "y";
    are_labels = true;
    return std::move(text->column);
  }
  const Tensor& y = std::get<Tensor>(array);
  are_labels = !is_floating(y.dtype());
  return target_column(y, where);
}

Tensor read_numbers(const NpzFile& file, const std::string& name, const std::string& path) {
  return numbers_of(file.read(name), fmt::format("{}: {}", path, name));
}

/// Without targets the last column of X is learnt; not where it is the only one or another array has a value for each
/// of its rows.
void check_no_targets(const NpzFile& file, const Roles& roles, const std::string& path) {
  const std::string& x = roles.train.x;
  const Shape features = file.shape(x);
  if (features.dimensions() == 0) return;
  const std::int64_t rows = features[0];
  for (const std::string& name : file.names()) {
    if (!file.has(name) || roles.have(name)) continue;
    Shape shape;
    try {
      shape = file.shape(name);
    } catch (const InputError&) {
      continue;  // What cannot be read is none.
    }
    require<InputError>(shape != Shape{rows} && shape != Shape{rows, 1},
                        "data: {} has no array y; if '{}' holds the targets, name it y: numpy.savez(file, X={}, y={})",
                        path, name, x, name);
  }
  require<InputError>(features != Shape{rows} && features != Shape{rows, 1},
                      "data: {} has no array y, and {} is {}: nothing to learn from; give numpy.savez(file, X=X, y=y)",
                      path, x, features);
}

RawArrays read_role(const NpzFile& file, const Role& role, const std::string& path) {
  RawArrays raw;
  raw.source = fmt::format("{}: {}", path, role.x);
  raw.target_source = fmt::format("{}: {}", path, role.y);
  raw.x = read_numbers(file, role.x, path);
  if (!role.y.empty()) raw.y = read_targets(file, role.y, path, raw.are_labels);
  return raw;
}

RawArrays read_roles(const std::string& path, bool targets) {
  const NpzFile file(path);
  const Roles roles = roles_of(file, path);
  if (targets && roles.train.y.empty()) check_no_targets(file, roles, path);
  RawArrays raw = read_role(file, roles.train, path);
  raw.source = path;
  const auto apart = [&](const Role& role) {
    return role.x.empty() ? nullptr : std::make_shared<RawArrays>(read_role(file, role, path));
  };
  raw.valid = apart(roles.valid);
  raw.test = apart(roles.test);
  return raw;
}

Source open_npy(const std::filesystem::path& path) {
  Tensor x = read_npy(path);
  require<InputError>(x.dimensions() >= 1, "data: {} is a single number; give an array of rows", path.string());
  return to_source({.x = std::move(x), .source = path.string()});
}

RawArrays read_idx(IdxPair part, std::string source) {
  RawArrays raw;
  raw.source = std::move(source);
  raw.are_labels = !is_floating(part.labels.dtype());
  raw.target_source = part.labels_path.string();
  raw.y = target_column(part.labels, raw.target_source);
  raw.x = std::move(part.images);
  return raw;
}

Source open_idx(const std::filesystem::path& folder) {
  IdxFolder idx = read_idx_folder(folder);
  RawArrays raw = read_idx(std::move(idx.train), folder.string());
  if (idx.test) raw.test = std::make_shared<RawArrays>(read_idx(std::move(*idx.test), folder.string() + ": test set"));
  return to_source(std::move(raw));
}

using Bytes = std::shared_ptr<ByteSource>;

Source open_npz(const Bytes& bytes, const OpenOptions& options) {
  return to_source(read_roles(bytes->path().string(), options.targets));
}

[[noreturn]] Source refuse_idx(const Bytes& bytes, const OpenOptions&) {
  fail<InputError>("data: {} is one IDX file; give the folder that holds images and labels", bytes->path().string());
}

/// The lines of the first bytes of a file: the last one, which may go on behind them, up to its last whole word.
std::vector<std::string_view> lines_of(std::string_view start, bool is_whole) {
  std::vector<std::string_view> lines;
  if (start.starts_with("\xef\xbb\xbf")) start.remove_prefix(3);
  if (!is_whole) start = start.substr(0, start.find_last_of(" \t\r\n"));
  while (!start.empty()) {
    lines.push_back(start.substr(0, start.find_first_of("\r\n")));
    start.remove_prefix(std::min(lines.back().size() + 1, start.size()));
  }
  return lines;
}

constexpr std::size_t start_bytes = 4096;

/// A kind of file, told by its first bytes.
struct Reader {
  std::string_view understood;  ///< what is asked for where nothing fits; empty: nothing
  bool reopens;                 ///< reads the file itself, by its name
  bool (*recognises)(std::string_view start);
  Source (*read)(const Bytes& bytes, const OpenOptions& options);
};

// The list of the readers: a new one is its own files and a row here. The last one takes all that no other does.
constexpr Reader readers[] = {
    {".npy", true, [](std::string_view start) { return start.starts_with("\x93NUMPY"); },
     [](const Bytes& bytes, const OpenOptions&) { return open_npy(bytes->path()); }},
    {".npz", true, is_npz, open_npz},
    {"", false,
     [](std::string_view start) {
       return start.size() >= 4 && start[0] == '\0' && start[1] == '\0' && start[2] >= 8 && start[2] <= 14;
     },
     refuse_idx},
    {"LIBSVM's pairs", false,
     [](std::string_view start) { return is_libsvm(lines_of(start, start.size() < start_bytes)); },
     [](const Bytes& bytes, const OpenOptions&) -> Source { return read_libsvm(bytes); }},
    {"a table as text (.csv, .tsv, .gz)", false, [](std::string_view) { return true; },
     [](const Bytes& bytes, const OpenOptions& options) -> Source { return read_table(bytes, options.csv); }},
};
constexpr const Reader* text_reader = std::end(readers) - 1;

const Reader& reader_of(std::string_view start) {
  return *std::ranges::find_if(readers, [&](const Reader& reader) { return reader.recognises(start); });
}

std::string understood() {
  std::string text = "a folder of IDX files";
  for (const Reader& reader : readers)
    if (!reader.understood.empty()) text += fmt::format(", {}", reader.understood);
  return text + " or builtin:NAME";
}

Source open_file(const std::filesystem::path& path, const OpenOptions& options) {
  const auto bytes = std::make_shared<ByteSource>(path, ByteSource::Passes::several);
  std::array<char, start_bytes> start{};
  const std::size_t size = bytes->read(std::as_writable_bytes(std::span(start)));
  bytes->rewind();
  require<InputError>(size > 0, "data: {} is empty; give {}", path.string(), understood());
  const Reader& reader = reader_of({start.data(), size});
  require<InputError>(!reader.reopens || std::filesystem::is_regular_file(path),
                      "data: {} holds arrays and cannot be read twice; give them as a file", path.string());
  return reader.read(bytes, options);
}

}  // namespace

Source open_data(std::string_view what, const OpenOptions& options) {
  constexpr std::string_view prefix = "builtin:";
  if (what.starts_with(prefix))
    return builtin(what.substr(prefix.size()), {.rows = options.builtin_rows, .seed = options.seed});
  const std::filesystem::path path(what);
  std::error_code ignored;
  require<FileError>(std::filesystem::exists(path, ignored), "data: there is no '{}'; give {}", what, understood());
  if (!std::filesystem::is_directory(path)) return open_file(path, options);
  require<InputError>(is_idx_folder(path), "data: the folder {} holds no [NAME-]train-images-idx3-ubyte[.gz]; give {}",
                      what, understood());
  return open_idx(path);
}

bool is_delimited_text(std::string_view what) {
  if (what.starts_with("builtin:")) return false;
  const std::filesystem::path path(what);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return false;
  // What can be read once only is not looked into.
  if (!std::filesystem::is_regular_file(path, ignored)) return true;
  std::array<char, start_bytes> start{};
  const std::size_t size = ByteSource(path).read(std::as_writable_bytes(std::span(start)));
  return &reader_of({start.data(), size}) == text_reader;
}

namespace {

/// The names of the columns that `use` leaves out or `drop` names.
std::set<std::string> unwanted_columns(const Table& table, const PrepareOptions& options, const std::string& target) {
  std::set<std::string> unwanted;
  const auto name_of = [&](const std::string& which, const char* asker) -> const std::string& {
    return table.columns[static_cast<std::size_t>(find_column(table, which, asker))].name;
  };
  if (!options.use.empty())
    for (const Column& column : table.columns) unwanted.insert(column.name);
  for (const std::string& which : options.use) unwanted.erase(name_of(which, "use"));
  for (const std::string& which : options.drop) {
    const std::string& name = name_of(which, "drop");
    require<InputError>(name != target, "drop: '{}' is the target; choose another target to leave it out", name);
    unwanted.insert(name);
  }
  return unwanted;
}

}  // namespace

Prepared prepare(const Table& table, const PrepareOptions& options) {
  for (const Column& column : table.columns) check_finite(column, table);
  Prepared prepared;
  Target target = Target::choose(table, options.target, options.task);
  const std::set<std::string> unwanted = unwanted_columns(table, options, target.column());
  const std::vector<std::int64_t> kept = target.rows(table);
  prepared.dropped_rows = table.rows() - static_cast<std::int64_t>(kept.size());
  const Split places = split_rows(count_to(std::ssize(kept)), target.encode(table, kept), options.split);
  std::vector<std::int64_t> training;
  for (const std::int64_t place : places.train) training.push_back(kept[static_cast<std::size_t>(place)]);
  prepared.preprocessor = Preprocessor::fit(table, std::move(target), training, unwanted);
  prepared.dataset = {
      prepared.preprocessor.transform(table, kept), prepared.preprocessor.target().encode(table, kept), {}};
  prepared.split = places;
  return prepared;
}

}  // namespace relume::data
