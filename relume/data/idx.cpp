#include "relume/data/idx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/require.h"
#include "relume/data/byte_order.h"
#include "relume/data/byte_source.h"
#include "relume/data/claimed_shape.h"

namespace relume::data {
namespace {

DType dtype_of_code(unsigned code, const std::filesystem::path& path) {
  switch (code) {
    case 0x08: return uint8;
    case 0x09: return int8;
    case 0x0b: return int16;
    case 0x0c: return int32;
    case 0x0d: return float32;
    case 0x0e: return float64;
    default:
      fail<InputError>("idx: {}: element type 0x{:02x} is none of IDX's; is this an IDX file?", path.string(), code);
  }
}

/// A file by what its name says: "emnist-letters-" "test" "images", from emnist-letters-test-images-idx3-ubyte.gz.
struct Named {
  std::filesystem::path path;
  std::string prefix, part, what;
};

/// Nothing where the name is none of MNIST's kind: [PREFIX-]train|t10k|test-images|labels-idx…
std::optional<Named> parse_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const char* part : {"train", "t10k", "test"})
    for (const char* what : {"images", "labels"})
      for (const char* joint : {"-idx", ".idx"}) {
        const std::string middle = std::string(part) + "-" + what + joint;
        const std::size_t at = name.rfind(middle);
        if (at == std::string::npos || (at > 0 && name[at - 1] != '-' && name[at - 1] != '_')) continue;
        return Named{path, name.substr(0, at), part, what};
      }
  return std::nullopt;
}

std::vector<Named> named_files(const std::filesystem::path& folder) {
  std::vector<Named> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (auto named = entry.is_regular_file() ? parse_name(entry.path()) : std::nullopt)
      files.push_back(std::move(*named));
  std::ranges::sort(files, {}, &Named::path);  // one that is unpacked stands before its ".gz"
  return files;
}

/// The first of these files that is meant, or null.
const Named* find(const std::vector<Named>& files, const std::string& prefix, std::string_view part,
                  std::string_view what) {
  const auto found = std::ranges::find_if(
      files, [&](const Named& f) { return f.prefix == prefix && f.part == part && f.what == what; });
  return found == files.end() ? nullptr : &*found;
}

IdxPair read_pair(const Named* images, const Named* labels, const std::string& name,
                  const std::filesystem::path& folder) {
  require<InputError>(images, "idx: {} has no {}-images-idx3-ubyte[.gz]; add it", folder.string(), name);
  require<InputError>(labels, "idx: {} has no {}-labels-idx1-ubyte[.gz]; add it", folder.string(), name);
  IdxPair pair{read_idx(images->path), read_idx(labels->path), labels->path};
  require<InputError>(pair.images.dimensions() >= 2, "idx: {}: {} are no images; swap the files?",
                      images->path.string(), pair.images.shape());
  require<InputError>(pair.labels.dimensions() == 1, "idx: {}: {} are no labels; swap the files?",
                      labels->path.string(), pair.labels.shape());
  require<InputError>(pair.images.size(0) == pair.labels.size(0),
                      "idx: {} holds {} images but {} holds {} labels; give files that belong together",
                      images->path.string(), pair.images.size(0), labels->path.string(), pair.labels.size(0));
  return pair;
}

/// What the names of the training images begin with.
std::string prefix_of(const std::vector<Named>& files, const std::filesystem::path& folder) {
  std::vector<std::string> prefixes;
  for (const Named& file : files)
    if (file.part == "train" && file.what == "images" && std::ranges::count(prefixes, file.prefix) == 0)
      prefixes.push_back(file.prefix);
  require<InputError>(
      prefixes.size() < 2,
      "idx: {} holds training images of several names ({}train-images…, {}train-images…); put those that "
      "belong together into a folder of their own",
      folder.string(), prefixes.front(), prefixes.back());
  return prefixes.empty() ? "" : prefixes.front();
}

struct IdxHeader {
  DType dtype;
  Shape shape;
};

/// Two zero bytes, the code of the type, the number of dimensions, and their sizes in four bytes each.
IdxHeader read_header(ByteSource& source) {
  const std::filesystem::path& path = source.path();
  std::array<std::byte, 4> start{};
  require<InputError>(source.read(start) == start.size() && start[0] == std::byte{0} && start[1] == std::byte{0},
                      "idx: {}: does not begin with IDX's two zero bytes; is this an IDX file?", path.string());
  IdxHeader header{dtype_of_code(std::to_integer<unsigned>(start[2]), path), {}};
  const auto dimensions = std::to_integer<int>(start[3]);
  require<InputError>(dimensions >= 1 && dimensions <= Shape::max_dimensions,
                      "idx: {}: {} dimensions; 1 to {} can be read", path.string(), dimensions, Shape::max_dimensions);
  for (int i = 0; i < dimensions; ++i) {
    std::array<std::byte, 4> bytes{};
    require<InputError>(source.read(bytes) == bytes.size(), "idx: {}: ends inside of the header; copy the file again",
                        path.string());
    const auto size = load_big_endian<std::uint32_t>(bytes.data());
    require<InputError>(size > 0, "idx: {}: the header says that dimension {} is empty; give a file with data",
                        path.string(), i);
    header.shape.push_back(size);
  }
  return header;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path) {
  ByteSource source(path);
  const IdxHeader header = read_header(source);
  Tensor array;
  std::size_t present = 0;
  // Memory is asked for only where the data may be there.
  if (fits(header.shape, (source.most_bytes() - 1) / size_of(header.dtype))) {
    array = empty(header.shape, header.dtype);
    present = source.read({static_cast<std::byte*>(array.raw_data()), array.bytes()});
  }
  present += source.skip_rest();
  require<InputError>(array.defined() && present == array.bytes(),
                      "idx: {}: the header says {} of {} but {} bytes of data follow; copy the file again",
                      path.string(), to_string(header.shape), name(header.dtype), present);
  if constexpr (std::endian::native == std::endian::little)
    reverse_bytes(static_cast<std::byte*>(array.raw_data()), array.bytes(), size_of(header.dtype));
  return array;
}

bool is_idx_folder(const std::filesystem::path& folder) {
  return std::ranges::any_of(named_files(folder),
                             [](const Named& file) { return file.part == "train" && file.what == "images"; });
}

IdxFolder read_idx_folder(const std::filesystem::path& folder) {
  const std::vector<Named> files = named_files(folder);
  const std::string prefix = prefix_of(files, folder);
  const auto pair = [&](const std::string& part) {
    return read_pair(find(files, prefix, part, "images"), find(files, prefix, part, "labels"), prefix + part, folder);
  };
  IdxFolder result{pair("train"), std::nullopt};
  for (const char* part : {"t10k", "test"})
    if (!result.test && (find(files, prefix, part, "images") || find(files, prefix, part, "labels")))
      result.test = pair(part);
  return result;
}

}  // namespace relume::data
