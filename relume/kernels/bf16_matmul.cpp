// How a product flows: as in matmul.cpp, by tiles of C with a panel of B each, but A and each panel are first rounded
// and laid out in pairs, all of A once and a panel when its column of tiles begins. Sums are float32 from the first to
// the last.
#include "relume/kernels/bf16_matmul.h"

#include <algorithm>

#include "relume/base/parallel.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/half_conversion.h"
#include "relume/kernels/scratch.h"
#include "relume/kernels/small_product.h"
#include "relume/kernels/tiles.h"
#include "relume/kernels/transpose.h"

namespace relume::kernels {
namespace {

// The tiles of matmul.cpp, in bytes; twice as deep, since elements are half as large.
constexpr std::int64_t tile_rows = 128;
constexpr std::int64_t tile_columns = 64;
constexpr std::int64_t depth = 512;
constexpr std::int64_t work_per_thread = std::int64_t{4} << 20;

/// The instruction multiplies pairs of bfloat16 that are neighbours along k: A is laid out as [m, pairs] and a panel of
/// B as [pairs, tile_columns], an odd k filled up with a zero.
class BFloat16Product {
 public:
  BFloat16Product(const MatrixView<const float>& a, const MatrixView<const float>& b, bool add,
                  const MatrixView<float>& c, const Epilogue* epilogue)
      : a_(a), b_(b), add_(add), c_(c), epilogue_(epilogue) {}

  void run() {
    thread_local Scratch rounded;
    rounded_a_ = rounded.get<BFloat16Pair>(m_ * pairs());
    const std::int64_t down = (m_ + tile_rows - 1) / tile_rows, across = (n_ + tile_columns - 1) / tile_columns;
    parallel_for(down, (work_per_thread >> 4) / (tile_rows * k_) + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) round_rows_of_a(i * tile_rows);
    });
    const std::int64_t work = std::min(m_, tile_rows) * std::min(n_, tile_columns) * k_;
    parallel_for(down * across, (work_per_thread + work - 1) / work, [&](std::int64_t begin, std::int64_t end) {
      for_each_tile(
          {0, down}, begin, end, [&](std::int64_t j) { return panel_at(j * tile_columns); },
          [&](std::int64_t i, std::int64_t j, const BFloat16Pair* panel) {
            tile(i * tile_rows, j * tile_columns, panel);
          });
    });
  }

 private:
  std::int64_t pairs() const { return (k_ + 1) / 2; }

  static Scratch& scratch() {
    thread_local Scratch scratch;
    return scratch;
  }

  /// out[i, :] = pairs along a stored row.
  void round_rows(const float* from, std::int64_t stride, std::int64_t rows, BFloat16Pair* out) const {
    for (std::int64_t i = 0; i < rows; ++i) {
      auto* row = reinterpret_cast<BFloat16*>(out + i * pairs());
      from_float(from + i * stride, row, k_);
      if (k_ % 2) row[k_] = BFloat16();
    }
  }

  /// out[p, :] = pairs of neighbours in stored rows 2p and 2p + 1.
  void pair_rows(const float* from, std::int64_t stride, std::int64_t columns, BFloat16Pair* out,
                 std::int64_t out_stride) const {
    static constexpr float zeros[tile_rows] = {};
    for (std::int64_t p = 0; p < pairs(); ++p) {
      const float* even = from + 2 * p * stride;
      pairs_from_float(even, 2 * p + 1 < k_ ? even + stride : zeros, out + p * out_stride, columns);
    }
  }

  void round_rows_of_a(std::int64_t i) const {
    const std::int64_t rows = std::min(tile_rows, m_ - i);
    BFloat16Pair* out = rounded_a_ + i * pairs();
    if (!a_.transposed) return round_rows(a_.at(i, 0), a_.stride, rows, out);
    auto* columns = scratch().get<BFloat16Pair>(tile_rows * pairs());
    pair_rows(a_.at(i, 0), a_.stride, rows, columns, tile_rows);
    transpose<float>(columns, pairs(), rows, tile_rows, out, pairs());
  }

  const BFloat16Pair* panel_at(std::int64_t j) const {
    const std::int64_t columns = std::min(tile_columns, n_ - j), panel = tile_columns * pairs();
    auto* out = scratch().get<BFloat16Pair>(2 * panel);
    if (!b_.transposed) {
      pair_rows(b_.at(0, j), b_.stride, columns, out, tile_columns);
    } else {
      round_rows(b_.at(0, j), b_.stride, columns, out + panel);
      transpose<float>(out + panel, columns, pairs(), pairs(), out, tile_columns);
    }
    return out;
  }

  void tile(std::int64_t i, std::int64_t j, const BFloat16Pair* panel) const {
    const std::int64_t rows = std::min(tile_rows, m_ - i), columns = std::min(tile_columns, n_ - j), all = 2 * pairs();
    float* out = c_.at(i, j);
    for (std::int64_t p = 0; p < all; p += depth) {
      const auto kernel = small_product<BFloat16>(
          {columns, rows, std::min(depth, all - p), tile_columns, all, c_.stride, false, add_ || p > 0});
      kernel(reinterpret_cast<const BFloat16*>(panel + p / 2 * tile_columns),
             reinterpret_cast<const BFloat16*>(rounded_a_ + (i * all + p) / 2), out);
      leave_wide_registers();
    }
    if (epilogue_) epilogue_->call(epilogue_->context, {i, j, rows, columns, out, c_.stride});
  }

  MatrixView<const float> a_, b_;
  bool add_;
  MatrixView<float> c_;
  const Epilogue* epilogue_;
  std::int64_t m_ = a_.rows, n_ = b_.columns, k_ = a_.columns;
  BFloat16Pair* rounded_a_ = nullptr;
};

}  // namespace

bool bf16_matmul_available() {
  return level() == Level::avx512 && small_product<BFloat16>({16, 16, 16, 16, 16, 16, false, false});
}

bool bf16_matmul_pays() {
#if RELUME_X86
  __builtin_cpu_init();
  return !__builtin_cpu_is("intel");
#else
  return true;
#endif
}

void bf16_matmul(const MatrixView<const float>& a, const MatrixView<const float>& b, float beta,
                 const MatrixView<float>& c, const Epilogue* epilogue) {
  BFloat16Product(a, b, beta != 0, c, epilogue).run();
}

}  // namespace relume::kernels
