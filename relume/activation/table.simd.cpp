#include "relume/activation/level_loops.h"
#include "relume/activation/loops.h"
#include "relume/kernels/lane.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

template <class... S>
constexpr activation::FamilyLoops make_loops(TypeList<S...>) {
  return {activation::LevelLoops{activation::loops_of<S, Lane<float>>(), activation::loops_of<S, Lane<double>>()}...};
}

}  // namespace

extern const activation::FamilyLoops activation_loops;
constinit const activation::FamilyLoops activation_loops = make_loops(activation::Family());

}  // namespace relume::kernels::RELUME_TARGET
