// Private. The loops of the whole family for one instruction set.
#pragma once

#include <array>

#include "relume/activation/entry.h"
#include "relume/activation/family.h"
#include "relume/activation/loops.h"

namespace relume::activation {

/// In the order of the Family.
using FamilyLoops = std::array<LevelLoops, Family::size>;

/// A formula compiled once, for programs that count kilobytes.
template <class S, class V>
void forward_in_one_loop(const void* x, void* y, std::int64_t n, const double* parameters, bool /*stream*/) {
  using T = typename kernels::LaneAccess<V>::element;
  const S s = with_parameters<S>(parameters);
  kernels::map_in_one_loop<V>(static_cast<const T*>(x), static_cast<T*>(y), n, [&](V v) { return s.forward(v); });
}

/// Of loops_of() those that a network runs through which is trained already.
template <class S, class V>
constexpr TypeLoops forward_loops_of() {
  TypeLoops loops;
  if constexpr (kind_of<S> == Kind::elementwise)
    loops.elementwise.forward = forward_in_one_loop<S, V>;
  else if constexpr (kind_of<S> == Kind::rows)
    loops.rows.forward = RowKindLoops<S, V>::forward;
  else if constexpr (kind_of<S> == Kind::parametric)
    loops.parametric.forward = ParametricKindLoops<S, V>::forward;
  return loops;
}

}  // namespace relume::activation
