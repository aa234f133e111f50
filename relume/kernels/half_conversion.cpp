#include "relume/kernels/half_conversion.h"

#include "relume/kernels/half_conversion_table.h"

namespace relume::kernels {

void to_float(const Half* from, float* to, std::int64_t n) {
  RELUME_CHOOSE_TABLE(half_conversion_table).half_to_float(from, to, n);
}
void to_float(const BFloat16* from, float* to, std::int64_t n) {
  RELUME_CHOOSE_TABLE(half_conversion_table).bfloat16_to_float(from, to, n);
}
void from_float(const float* from, Half* to, std::int64_t n) {
  RELUME_CHOOSE_TABLE(half_conversion_table).float_to_half(from, to, n);
}
void from_float(const float* from, BFloat16* to, std::int64_t n) {
  RELUME_CHOOSE_TABLE(half_conversion_table).float_to_bfloat16(from, to, n);
}
void pairs_from_float(const float* even, const float* odd, BFloat16Pair* to, std::int64_t n) {
  RELUME_CHOOSE_TABLE(half_conversion_table).float_pairs_to_bfloat16(even, odd, to, n);
}

}  // namespace relume::kernels
