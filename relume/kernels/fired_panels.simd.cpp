// How the product of what fired flows: a row's inputs that are not 0 are listed once, as a network behind ReLU has few
// of them, and each panel adds up the weights of those alone:
//
//   for each panel:  sum[·] = b[panel];  for each p in the list:  sum[·] += x[p] · panel[p][·];  y[panel] = sum[·]
//
// The sums are cut into the parts of panels.h, and each part gets its inputs in their order; a 0 would have added
// nothing. The parts go side by side as far as the shortest list of them reaches, and what is left of each follows.
// Weights that are skipped over are none that the machine would guess: so the next ones are fetched beforehand.
#include <algorithm>

#include "relume/kernels/fired_panels_table.h"
#include "relume/kernels/panel_sums.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

std::int64_t count(const float* x, std::int64_t inputs, std::int64_t most) {
  constexpr std::int64_t stretch = 256;
  const hn::ScalableTag<float> tag;
  const auto zero = hn::Zero(tag);
  std::int64_t fired = 0;
  for (std::int64_t begin = 0; begin < inputs && fired <= most; begin += stretch) {
    const std::int64_t end = std::min(inputs, begin + stretch), whole = begin + (end - begin) / width * width;
    for (std::int64_t p = begin; p < whole; p += width)
      fired += width - static_cast<std::int64_t>(hn::CountTrue(tag, hn::Eq(hn::LoadU(tag, x + p), zero)));
    for (std::int64_t p = whole; p < end; ++p) fired += x[p] != 0;
  }
  return fired;
}

/// The inputs of one vector, by the bits of those that are not 0.
void list(const float* x, std::int64_t inputs, Fired& fired) {
  std::uint32_t* at = fired.index;
  const V zero = 0;
  const std::int64_t whole = inputs / width * width;
  for (std::int64_t p = 0; p < whole; p += width) {
    const auto is_zero = Access::bits(Access::load(x + p) == zero);
    for (std::uint32_t bits = ~is_zero & ((1u << width) - 1); bits != 0; bits &= bits - 1)
      *at++ = static_cast<std::uint32_t>(p + __builtin_ctz(bits));
  }
  for (std::int64_t p = whole; p < inputs; ++p)
    if (x[p] != 0) *at++ = static_cast<std::uint32_t>(p);
  fired.count = at - fired.index;
  // Behind the last one come the first ones of the next panel, for what fetches beforehand.
  for (std::int64_t i = 0; i < Fired::ahead; ++i)
    at[i] = static_cast<std::uint32_t>(inputs) + (i < fired.count ? fired.index[i] : 0);
}

template <int lanes>
struct Panel {
  const float* weight;
  const float* x;

  [[gnu::always_inline]] void fetch(std::uint32_t p) const {
    constexpr std::int64_t line = 16;
    for (std::int64_t i = 0; i < lanes * width; i += line) __builtin_prefetch(weight + p * lanes * width + i);
  }
  [[gnu::always_inline]] void add(std::uint32_t p, V* sum) const {
    const V factor = x[p];
    for (int l = 0; l < lanes; ++l) sum[l] = fma(factor, Access::load(weight + (p * lanes + l) * width), sum[l]);
  }
};

template <int lanes>
void panel(std::int64_t inputs, const float* weight, const float* bias, const float* x, const Fired& fired, Row row) {
  constexpr int count = parts<lanes>;
  const std::int64_t length = inputs / count;
  const std::uint32_t* begin[static_cast<std::size_t>(count) + 1] = {fired.index};
  begin[count] = fired.index + fired.count;
  std::int64_t common = fired.count;
  for (int s = 1; s <= count; ++s) {
    if (s < count) begin[s] = fired.from(s * length);
    common = std::min(common, begin[s] - begin[s - 1]);
  }
  V sum[static_cast<std::size_t>(count * lanes)];
  for (int l = 0; l < lanes; ++l) sum[l] = Access::load(bias + l * width);
  for (int i = lanes; i < count * lanes; ++i) sum[i] = V(0);
  const Panel<lanes> weights{weight, x};
  for (std::int64_t k = 0; k < common; ++k)
    for (int s = 0; s < count; ++s) {
      weights.fetch(begin[s][k + Fired::ahead]);
      weights.add(begin[s][k], sum + s * lanes);
    }
  for (int s = 0; s < count; ++s)
    for (const std::uint32_t* p = begin[s] + common; p < begin[s + 1]; ++p) {
      weights.fetch(p[Fired::ahead]);
      weights.add(*p, sum + s * lanes);
    }
  join<count, lanes>(sum);
  row.store<lanes>(sum);
}

void product(const Panels& p, const float* x, const Fired& fired, float* y, std::int64_t y_stride) {
  const float* weight = p.weight;
  const std::int64_t room = room_for(p.outputs, y_stride);
  for (std::int64_t j = 0; j < p.outputs;) {
    const int lanes = lanes_for(p.outputs - j);
    const auto run = lanes == 4 ? panel<4> : lanes == 2 ? panel<2> : panel<1>;
    run(p.inputs, weight, p.bias + j, x, fired, {y + j, room - j});
    weight += p.inputs * lanes * width;
    j += lanes * width;
  }
}

}  // namespace

extern const FiredPanelTable fired_panel_table;
constinit const FiredPanelTable fired_panel_table{count, list, product};

}  // namespace relume::kernels::RELUME_TARGET
