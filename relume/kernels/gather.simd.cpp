#include <cstring>
#include <type_traits>

#include "relume/kernels/gather_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

constexpr std::int64_t cache_line = 64;
constexpr std::int64_t lines_ahead = 16;  // of a longer row the machine sees by itself that it is read in order

/// Asks for a row before it is needed: which one comes next no machine can guess.
void fetch(const void* row, std::int64_t bytes) {
  const auto* at = static_cast<const char*>(row);
  for (std::int64_t i = 0; i < bytes && i < lines_ahead * cache_line; i += cache_line) __builtin_prefetch(at + i);
}

template <class T>
void gather_rows(const T* all, std::int64_t width, const std::int64_t* rows, std::int64_t count, float scale,
                 float shift, float* out) {
  constexpr std::int64_t ahead = 4;
  const std::int64_t bytes = width * static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t i = 0; i < count; ++i, out += width) {
    if (i + ahead < count) fetch(all + rows[i + ahead] * width, bytes);
    const T* row = all + rows[i] * width;
    if (std::is_same_v<T, float> && scale == 1 && shift == 0) {
      std::memcpy(out, row, static_cast<std::size_t>(bytes));
    } else {
      for (std::int64_t j = 0; j < width; ++j) out[j] = static_cast<float>(row[j]) * scale + shift;
    }
  }
}

}  // namespace

extern const GatherTable gather_table;
const GatherTable gather_table = {gather_rows<std::uint8_t>, gather_rows<float>};

}  // namespace relume::kernels::RELUME_TARGET
