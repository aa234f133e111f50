// Compiled for size.
#include "relume/kernels/pruned_panels.h"

#include <algorithm>

namespace relume::kernels {
namespace {

constexpr int sums = PrunedPanels::sums;

/// As panels are cut (panel_sums.h).
int lanes_for(std::int64_t outputs, std::int64_t width) { return outputs > 2 * width ? 4 : outputs > width ? 2 : 1; }

/// A panel of a weight [outputs, inputs].
struct Panel {
  std::int64_t inputs, outputs;
  const float* weight;
  std::int64_t first;  // of its outputs
  int lanes;
  std::int64_t width;

  std::int64_t begin_of(int sum) const { return inputs / (sums / lanes) * (sum / lanes); }
  std::int64_t end_of(int sum) const { return sum + lanes >= sums ? inputs : begin_of(sum + lanes); }

  float at(int sum, std::int64_t p, std::int64_t i) const {
    const std::int64_t j = first + sum % lanes * width + i;
    return j < outputs ? weight[j * inputs + p] : 0.0f;
  }
  bool has(int sum, std::int64_t p) const {
    for (std::int64_t i = 0; i < width; ++i)
      if (at(sum, p, i) != 0) return true;
    return false;
  }
  std::int64_t next(int sum, std::int64_t p) const {
    while (p < end_of(sum) && !has(sum, p)) ++p;
    return p;
  }
  std::int64_t length(int sum) const {
    std::int64_t count = 0;
    for (std::int64_t p = next(sum, begin_of(sum)); p < end_of(sum); p = next(sum, p + 1)) ++count;
    return count;
  }
};

template <class F>
void each_panel(std::int64_t inputs, std::int64_t outputs, const float* weight, std::int64_t width, F f) {
  for (std::int64_t j = 0; j < outputs;) {
    const int lanes = lanes_for(outputs - j, width);
    f(Panel{inputs, outputs, weight, j, lanes, width});
    j += lanes * width;
  }
}

}  // namespace

PrunedSize pruned_size(std::int64_t inputs, std::int64_t outputs, const float* weight, std::int64_t width) {
  PrunedSize size;
  each_panel(inputs, outputs, weight, width, [&](const Panel& panel) {
    size.indices += PrunedPanels::header;
    for (int s = 0; s < sums; ++s) {
      const std::int64_t length = panel.length(s);
      size.indices += length;
      size.weights += length * width;
    }
  });
  return size;
}

void pack_pruned(std::int64_t inputs, std::int64_t outputs, const float* weight, std::int64_t width, float* packed,
                 std::uint32_t* index) {
  each_panel(inputs, outputs, weight, width, [&](const Panel& panel) {
    std::int64_t length[sums], at[sums];
    for (int s = 0; s < sums; ++s) length[s] = panel.length(s), at[s] = panel.begin_of(s);
    const std::int64_t common = *std::min_element(length, length + sums);
    *index++ = static_cast<std::uint32_t>(common);
    for (const std::int64_t l : length) *index++ = static_cast<std::uint32_t>(l - common);
    const auto put = [&](int s) {
      const std::int64_t p = panel.next(s, at[s]);
      for (std::int64_t i = 0; i < width; ++i) *packed++ = panel.at(s, p, i);
      *index++ = static_cast<std::uint32_t>(p);
      at[s] = p + 1;
    };
    for (std::int64_t k = 0; k < common; ++k)
      for (int s = 0; s < sums; ++s) put(s);
    for (int s = 0; s < sums; ++s)
      for (std::int64_t k = common; k < length[s]; ++k) put(s);
  });
}

}  // namespace relume::kernels
