#include "relume/kernels/count_bits.h"

#include <algorithm>
#include <cstring>

namespace relume::kernels {
namespace {

constexpr std::int64_t word_bits = 64;
constexpr std::int64_t block_words = 16;  // whose sums fit into the nearest cache
constexpr std::int64_t most_rows = 255;   // that a byte can count
constexpr std::uint64_t lowest_bits = 0x0101010101010101;

/// Byte b of sums[s][w] counts bit 8 b + s of word w: eight columns to an addition, where a popcount of one column
/// after the other would first have to turn the matrix round.
struct Sums {
  std::uint64_t of[8][block_words] = {};
};

void add_row(Sums& sums, const std::uint64_t* words, std::int64_t count) {
  for (int s = 0; s < 8; ++s)
    for (std::int64_t w = 0; w < count; ++w) sums.of[s][w] += (words[w] >> s) & lowest_bits;
}

void add_to_counts(const Sums& sums, std::int64_t columns, std::int64_t* counts) {
  for (std::int64_t j = 0; j < columns; ++j)
    counts[j] += static_cast<std::int64_t>(sums.of[j % 8][j / word_bits] >> (j % word_bits / 8 * 8) & 0xff);
}

/// At most block_words words of at most most_rows rows.
void count_block(const std::uint8_t* bits, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                 std::int64_t* counts) {
  const auto bytes = static_cast<std::size_t>((columns + 7) / 8);
  Sums sums;
  std::uint64_t words[block_words] = {};
  for (std::int64_t r = 0; r < rows; ++r) {
    std::memcpy(words, bits + r * stride, bytes);
    add_row(sums, words, (columns + word_bits - 1) / word_bits);
  }
  add_to_counts(sums, columns, counts);
}

}  // namespace

void count_bits(const std::uint8_t* bits, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                std::int64_t* counts) {
  constexpr std::int64_t width = block_words * word_bits;
  for (std::int64_t r = 0; r < rows; r += most_rows)
    for (std::int64_t j = 0; j < columns; j += width)
      count_block(bits + r * stride + j / 8, std::min(most_rows, rows - r), stride, std::min(width, columns - j),
                  counts + j);
}

}  // namespace relume::kernels
