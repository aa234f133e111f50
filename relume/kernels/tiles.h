// Private. The order in which products compute the tiles of their result.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// Rows of tiles.
struct TileBand {
  std::int64_t begin, end;
};

/// The tiles [begin, end) of a band, counted down its columns: calls compute(row, column, panel) for each, rows and
/// columns counted in tiles, with panel = make_panel(column), which is made once for those under each other: what they
/// all multiply with stays in the nearest caches.
template <class MakePanel, class Compute>
void for_each_tile(TileBand band, std::int64_t begin, std::int64_t end, MakePanel make_panel, Compute compute) {
  const std::int64_t rows = band.end - band.begin;
  decltype(make_panel(0)) panel{};
  for (std::int64_t t = begin; t < end; ++t) {
    if (t == begin || t % rows == 0) panel = make_panel(t / rows);
    compute(band.begin + t % rows, t / rows, panel);
  }
}

}  // namespace relume::kernels
