#include "relume/data/open.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/data/builtin.h"
#include "relume/data/byte_source.h"
#include "relume/data/file_format.h"
#include "relume/data/idx.h"
#include "relume/data/npy.h"

namespace relume::data {
namespace {

// Beyond this, columns are no longer things with names.
constexpr std::int64_t widest_table = 4096;
constexpr std::size_t most_classes_of_floats = 20;

using ArrayMap = std::map<std::string, Tensor>;

/// The distinct values of a training target as labels, and arrays of them as places among the labels.
class LabelMap {
 public:
  explicit LabelMap(const Tensor& y) : values_(y.to_vector<double>()) {
    std::ranges::sort(values_);
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  }

  std::size_t classes() const { return values_.size(); }
  bool whole() const {
    return std::ranges::all_of(values_, [](double v) { return v == std::trunc(v); });
  }
  std::vector<std::string> labels() const {
    std::vector<std::string> labels;
    for (const double value : values_) labels.push_back(shortest(value));
    return labels;
  }
  Tensor encode(const Tensor& y, const std::string& source) const {
    std::vector<std::int64_t> places;
    for (const double value : y.to_vector<double>()) {
      const auto found = std::ranges::lower_bound(values_, value);
      require<InputError>(found != values_.end() && *found == value,
                          "data: {}: the test set has class {}, which the training set does not have; leave it out",
                          source, value);
      places.push_back(found - values_.begin());
    }
    return from_vector(places);
  }

 private:
  std::vector<double> values_;
};

/// [n], from [n] or [n, 1].
Tensor as_vector(const Tensor& y, const std::string& source) {
  require<InputError>(y.dimensions() == 1 || (y.dimensions() == 2 && y.size(1) == 1),
                      "data: {}: targets are {}; give one number for each row", source, to_string(y.shape()));
  return y.reshape({y.size(0)});
}

/// Makes classes of whole numbers that are few, or of any integers that are not nearly all different.
void set_targets(Arrays& arrays, const Tensor& y_train, const Tensor& y_test) {
  const Tensor y = as_vector(y_train, arrays.source);
  const LabelMap map(y);
  const bool integral = !is_floating(y.dtype());
  const bool few = map.classes() <= (integral ? static_cast<std::size_t>(y.elements()) / 2 : most_classes_of_floats);
  const bool classes = map.classes() >= 2 && map.whole() && few;
  if (classes) arrays.labels = map.labels();
  const auto encode = [&](const Tensor& values) {
    return classes ? map.encode(values, arrays.source) : values.to(float32).reshape({values.size(0), 1});
  };
  arrays.y = encode(y);
  if (y_test.defined()) arrays.y_test = encode(as_vector(y_test, arrays.source));
}

Tensor as_features(const Tensor& x) {
  return x.dtype() == uint8 || x.dtype() == float32 ? x.contiguous() : x.to(float32);
}

void check_rows(const Tensor& x, const Tensor& y, const std::string& source) {
  require<InputError>(x.dimensions() >= 1 && y.dimensions() >= 1 && x.size(0) == y.size(0),
                      "data: {}: features are {} but targets {}; give one target for each row", source,
                      to_string(x.shape()), to_string(y.shape()));
}

Source open_idx(const std::filesystem::path& folder) {
  const IdxFolder idx = read_idx_folder(folder);
  Arrays arrays;
  arrays.source = folder.string();
  arrays.x = as_features(idx.train.images);
  if (idx.test) arrays.x_test = as_features(idx.test->images);
  set_targets(arrays, idx.train.labels, idx.test ? idx.test->labels : Tensor());
  return arrays;
}

Column to_column(const Tensor& matrix, std::int64_t j, std::string name) {
  return {.name = std::move(name), .kind = ColumnKind::number, .numbers = matrix.select(1, j).to_vector<double>()};
}

/// The first of these features that is no finite number, in words.
void check_finite(const Tensor& x, const char* name, const std::string& source) {
  if (!x.defined() || x.dtype() != float32) return;
  const Tensor dense = x.contiguous();
  const auto values = dense.span<float>();
  const auto found = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (found == values.end()) return;
  std::int64_t place = found - values.begin();
  std::string index;
  for (int d = x.dimensions() - 1; d > 0; --d) {
    index = fmt::format("{}{}{}", place % x.size(d), index.empty() ? "" : ", ", index);
    place /= x.size(d);
  }
  fail<InputError>("data: {}: row {} of {} holds {}{}; mend the value or leave the row out", source, place + 1, name,
                   std::isnan(*found) ? "NaN" : "an infinite number",
                   index.empty() ? "" : fmt::format(" at [{}], counted from 0", index));
}

Table to_table(const Tensor& x, const Tensor& y, const std::string& source) {
  Table table;
  table.source = source;
  const Tensor matrix = x.dimensions() == 1 ? x.reshape({x.size(0), 1}) : x;
  for (std::int64_t j = 0; j < matrix.size(1); ++j)
    table.columns.push_back(to_column(matrix, j, fmt::format("x{}", j + 1)));
  if (y.defined()) table.columns.push_back(to_column(as_vector(y, source).reshape({y.size(0), 1}), 0, "y"));
  for (const Column& column : table.columns) check_finite(column, table);
  return table;
}

bool fits_table(const Tensor& x) {
  return x.dimensions() <= 2 && x.dtype() != uint8 && (x.dimensions() == 1 || x.size(1) <= widest_table);
}

Tensor take(const ArrayMap& arrays, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto found = arrays.find(name); found != arrays.end()) return found->second;
  return {};
}

std::string names_of(const ArrayMap& arrays) {
  std::string names;
  for (const auto& entry : arrays) names += (names.empty() ? "" : ", ") + entry.first;
  return names;
}

Source open_npz(const std::filesystem::path& path) {
  const ArrayMap all = read_npz(path);
  const Tensor x = take(all, {"x_train", "X_train", "x", "X", "data", "features", "images", "train_images"});
  const Tensor y = take(all, {"y_train", "Y_train", "y", "Y", "labels", "target", "targets", "train_labels"});
  const Tensor x_test = take(all, {"x_test", "X_test", "test_images"}),
               y_test = take(all, {"y_test", "Y_test", "test_labels"});
  require<InputError>(x.defined() && x.dimensions() >= 1,
                      "data: {} has no array x, X, data, features, images or x_train but {}; name the features x",
                      path.string(), names_of(all));
  if (y.defined()) check_rows(x, y, path.string());
  if (fits_table(x) && !x_test.defined()) return to_table(x, y, path.string());
  Arrays arrays;
  arrays.source = path.string();
  arrays.x = as_features(x);
  if (x_test.defined() && y_test.defined()) {
    check_rows(x_test, y_test, path.string());
    arrays.x_test = as_features(x_test);
  }
  if (y.defined()) set_targets(arrays, y, arrays.x_test.defined() ? y_test : Tensor());
  return arrays;
}

Source open_npy(const std::filesystem::path& path) {
  const Tensor x = read_npy(path);
  require<InputError>(x.dimensions() >= 1, "data: {} is a single number; give an array of rows", path.string());
  if (x.dimensions() <= 2 && (x.dimensions() == 1 || x.size(1) <= widest_table))
    return to_table(x, Tensor(), path.string());
  Arrays arrays;
  arrays.source = path.string();
  arrays.x = as_features(x);
  return arrays;
}

constexpr std::string_view understood =
    "a folder of IDX files, a table as text (.csv, .tsv, .gz), .npy, .npz or builtin:NAME";

Source open_file(const std::filesystem::path& path, const OpenOptions& options) {
  const auto bytes = std::make_shared<ByteSource>(path, ByteSource::Passes::several);
  std::array<std::byte, 4096> start{};
  const std::size_t size = bytes->read(start);
  bytes->rewind();
  const std::string_view magic(reinterpret_cast<const char*>(start.data()), size);
  require<InputError>(size > 0, "data: {} is empty; give {}", path.string(), understood);
  const bool npy = magic.starts_with("\x93NUMPY"), npz = is_npz(magic);
  require<InputError>(!(npy || npz) || std::filesystem::is_regular_file(path),
                      "data: {} holds arrays and cannot be read twice; give them as a file", path.string());
  if (npy) return open_npy(path);
  if (npz) return open_npz(path);
  const bool idx = size >= 4 && magic[0] == '\0' && magic[1] == '\0' && (magic[2] >= 8 && magic[2] <= 14);
  require<InputError>(!idx, "data: {} is one IDX file; give the folder that holds images and labels", path.string());
  return read_table(bytes, options.csv);
}

}  // namespace

Source open_data(std::string_view what, const OpenOptions& options) {
  constexpr std::string_view prefix = "builtin:";
  if (what.starts_with(prefix))
    return builtin(what.substr(prefix.size()), {.rows = options.builtin_rows, .seed = options.seed});
  const std::filesystem::path path(what);
  std::error_code ignored;
  require<FileError>(std::filesystem::exists(path, ignored), "data: there is no '{}'; give {}", what, understood);
  if (!std::filesystem::is_directory(path)) return open_file(path, options);
  require<InputError>(is_idx_folder(path), "data: the folder {} holds no train-images-idx3-ubyte[.gz]; give {}", what,
                      understood);
  return open_idx(path);
}

void check_finite(const Arrays& arrays) {
  check_finite(arrays.x, "X", arrays.source);
  check_finite(arrays.x_test, "the test set's X", arrays.source);
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
  const Split places = [&] {
    std::vector<std::int64_t> order(kept.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    return split_rows(order, target.encode(table, kept), options.split);
  }();
  std::vector<std::int64_t> training;
  for (const std::int64_t place : places.train) training.push_back(kept[static_cast<std::size_t>(place)]);
  prepared.preprocessor = Preprocessor::fit(table, std::move(target), training, unwanted);
  prepared.dataset = {
      prepared.preprocessor.transform(table, kept), prepared.preprocessor.target().encode(table, kept), {}};
  prepared.split = places;
  return prepared;
}

}  // namespace relume::data
