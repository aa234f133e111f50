// Public. A network as one file of C, for programs and devices without relume.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "relume/infer/frozen.h"
#include "relume/io/model.h"

namespace relume::infer {

/// How a header holds the weights of its linear layers: as float, or in eight bits with a float for each output, a
/// quarter of the memory. What that costs in exactness is seen on data; all else stays float.
enum class CWeights : std::uint8_t { float32, int8 };

/// A header and what it takes on a machine whose float has four bytes.
struct CHeader {
  std::string text;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::size_t flash_bytes = 0;  ///< of constants; the code comes on top
  std::size_t ram_bytes = 0;    ///< that stay taken: none
  std::size_t stack_bytes = 0;  ///< of the arrays between layers; some 200 bytes of calls come on top
};

/// C99 that is C++11 as well and needs nothing but math.h: void NAME_predict(const float *in, float *out) with its
/// constants. The model's preprocessing is inside: `in` holds a number for each column in use, a text as the place of
/// its category, NaN for a missing value, as Predictor takes them; `out` is a class's probabilities or a value in the
/// target's units. Everything is static inline, to be included where it is used. NAME_SECTION, where it is defined
/// before, stands behind the name of the constants (__attribute__((section(".flash")))), and NAME_READ(pointer) reads
/// one, NAME_READ_BYTE(pointer) a weight of eight bits, for machines that cannot read flash as memory. Throws
/// InputError as freeze() does, for an activation that is the user's own, and where `name` is no identifier of small
/// letters, digits and underscores.
CHeader c_header(const io::Model& model, const std::string& name = "net", CWeights weights = CWeights::float32);
/// Of a network alone: it takes and gives what the network does.
CHeader c_header(const nn::Module& network, const std::string& name = "net", std::int64_t features = 0,
                 CWeights weights = CWeights::float32);

/// Writes the model's to a file, whole or not at all. Where no name is given it is the file's: "My net.h" has my_net.
/// Throws as c_header(), and FileError.
CHeader save_c_header(const io::Model& model, const std::filesystem::path& path, const std::string& name = "",
                      CWeights weights = CWeights::float32);

/// What it takes and gives, in one line: "2 numbers in, 2 out; flash 1000 bytes of constants …".
std::string to_string(const CHeader& header);

}  // namespace relume::infer
