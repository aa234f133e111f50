#include <bit>

#include "relume/kernels/half_conversion_table.h"
#include "relume/kernels/lane.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Elements that were converted by whole lanes; the rest is left to the loop for one.
#if defined(__F16C__)
std::int64_t half_lanes(const Half* from, float* to, std::int64_t n) {
  const hn::ScalableTag<float> wide;
  const hn::Rebind<hwy::float16_t, decltype(wide)> narrow;
  const auto width = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t i = 0;
  for (; i + width <= n; i += width)
    hn::StoreU(hn::PromoteTo(wide, hn::LoadU(narrow, reinterpret_cast<const hwy::float16_t*>(from + i))), wide, to + i);
  return i;
}
std::int64_t half_lanes(const float* from, Half* to, std::int64_t n) {
  const hn::ScalableTag<float> wide;
  const hn::Rebind<hwy::float16_t, decltype(wide)> narrow;
  const auto width = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t i = 0;
  for (; i + width <= n; i += width)
    hn::StoreU(hn::DemoteTo(narrow, hn::LoadU(wide, from + i)), narrow, reinterpret_cast<hwy::float16_t*>(to + i));
  return i;
}
#else
template <class From, class To>
std::int64_t half_lanes(const From*, To*, std::int64_t) {
  return 0;
}
#endif

void half_to_float(const Half* from, float* to, std::int64_t n) {
  for (std::int64_t i = half_lanes(from, to, n); i < n; ++i) to[i] = static_cast<float>(from[i]);
}

void float_to_half(const float* from, Half* to, std::int64_t n) {
  for (std::int64_t i = half_lanes(from, to, n); i < n; ++i) to[i] = Half(from[i]);
}

// The compiler makes SIMD of these: shifts and additions.
void bfloat16_to_float(const BFloat16* from, float* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(from[i]);
}

void float_to_bfloat16(const float* from, BFloat16* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = BFloat16(from[i]);
}

void float_pairs_to_bfloat16(const float* even, const float* odd, BFloat16Pair* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i)
    to[i] = std::bit_cast<BFloat16Pair>(BFloat16(even[i]).bits | std::uint32_t{BFloat16(odd[i]).bits} << 16);
}

}  // namespace

extern const HalfConversionTable half_conversion_table;
const HalfConversionTable half_conversion_table = {half_to_float, bfloat16_to_float, float_to_half, float_to_bfloat16,
                                                   float_pairs_to_bfloat16};

}  // namespace relume::kernels::RELUME_TARGET
