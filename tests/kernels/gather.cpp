#include "relume/kernels/gather.h"

#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/kernels/cpu.h"

namespace relume::kernels {
namespace {

template <class T>
void expect_rows(float scale, float shift) {
  Rng rng(5);
  for (const std::int64_t width : {1, 3, 16, 33, 784}) {
    std::vector<T> all(static_cast<std::size_t>(50 * width));
    for (T& value : all) value = static_cast<T>(rng.below(256));
    const std::vector<std::int64_t> rows = {49, 0, 7, 7, 31, 2, 48};
    std::vector<float> out(static_cast<std::size_t>(static_cast<std::int64_t>(rows.size()) * width) + 1, -1);
    gather(all.data(), width, rows.data(), static_cast<std::int64_t>(rows.size()), scale, shift, out.data());
    std::vector<float> expected;
    for (const std::int64_t row : rows)
      for (std::int64_t j = 0; j < width; ++j)
        expected.push_back(static_cast<float>(all[static_cast<std::size_t>(row * width + j)]) * scale + shift);
    expected.push_back(-1);
    EXPECT_EQ(out, expected) << width;
  }
}

TEST(Gather, CopiesAndScalesTheRowsThatAreAskedForOnEveryLevel) {
  for (const Level asked : {Level::baseline, Level::avx2, Level::avx512}) {
    force_level(asked);
    expect_rows<std::uint8_t>(1, 0);
    expect_rows<std::uint8_t>(0.003f, -1.25f);
    expect_rows<float>(1, 0);
    expect_rows<float>(0.5f, 3);
  }
  force_level(machine_level());
}

}  // namespace
}  // namespace relume::kernels
