#include "relume/data/idx.h"

#include <array>
#include <bit>
#include <initializer_list>
#include <string>

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

/// The file among the spellings of MNIST's names, or an empty path.
std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& stem, const char* suffix) {
  for (const char* joint : {"-", "."})
    for (const char* ending : {"", ".gz"}) {
      std::filesystem::path path = folder / (stem + joint + suffix + ending);
      if (std::filesystem::is_regular_file(path)) return path;
    }
  return {};
}

std::filesystem::path find_images(const std::filesystem::path& folder, const std::string& part) {
  return find_file(folder, part + "-images", "idx3-ubyte");
}

std::filesystem::path find_labels(const std::filesystem::path& folder, const std::string& part) {
  return find_file(folder, part + "-labels", "idx1-ubyte");
}

IdxPair read_pair(const std::filesystem::path& folder, const std::string& part) {
  const auto images_path = find_images(folder, part), labels_path = find_labels(folder, part);
  require<InputError>(!images_path.empty(), "idx: {} has no {}-images-idx3-ubyte[.gz]; add it", folder.string(), part);
  require<InputError>(!labels_path.empty(), "idx: {} has no {}-labels-idx1-ubyte[.gz]; add it", folder.string(), part);
  IdxPair pair{read_idx(images_path), read_idx(labels_path)};
  require<InputError>(pair.images.dimensions() >= 2, "idx: {}: {} are no images; swap the files?", images_path.string(),
                      to_string(pair.images.shape()));
  require<InputError>(pair.labels.dimensions() == 1, "idx: {}: {} are no labels; swap the files?", labels_path.string(),
                      to_string(pair.labels.shape()));
  require<InputError>(pair.images.size(0) == pair.labels.size(0),
                      "idx: {} holds {} images but {} holds {} labels; give files that belong together",
                      images_path.string(), pair.images.size(0), labels_path.string(), pair.labels.size(0));
  return pair;
}

struct Header {
  DType dtype;
  Shape shape;
};

/// Two zero bytes, the code of the type, the number of dimensions, and their sizes in four bytes each.
Header read_header(ByteSource& source) {
  const std::filesystem::path& path = source.path();
  std::array<std::byte, 4> start{};
  require<InputError>(source.read(start) == start.size() && start[0] == std::byte{0} && start[1] == std::byte{0},
                      "idx: {}: does not begin with IDX's two zero bytes; is this an IDX file?", path.string());
  Header header{dtype_of_code(std::to_integer<unsigned>(start[2]), path), {}};
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
  const Header header = read_header(source);
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

bool is_idx_folder(const std::filesystem::path& folder) { return !find_images(folder, "train").empty(); }

IdxFolder read_idx_folder(const std::filesystem::path& folder) {
  IdxFolder result{read_pair(folder, "train"), std::nullopt};
  if (!find_images(folder, "t10k").empty() || !find_labels(folder, "t10k").empty())
    result.test = read_pair(folder, "t10k");
  return result;
}

}  // namespace relume::data
