#include "relume/kernels/gather.h"

#include "relume/kernels/gather_table.h"

namespace relume::kernels {

template <>
void gather(const std::uint8_t* all, std::int64_t width, const std::int64_t* rows, std::int64_t count, float scale,
            float shift, float* out) {
  RELUME_CHOOSE_TABLE(gather_table).bytes(all, width, rows, count, scale, shift, out);
}

template <>
void gather(const float* all, std::int64_t width, const std::int64_t* rows, std::int64_t count, float scale,
            float shift, float* out) {
  RELUME_CHOOSE_TABLE(gather_table).floats(all, width, rows, count, scale, shift, out);
}

}  // namespace relume::kernels
