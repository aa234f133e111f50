#include "relume/activation/level_loops.h"
#include "relume/kernels/lane.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

template <class... S>
constexpr activation::FamilyLoops make_loops(TypeList<S...>) {
#ifdef RELUME_INFER_ALONE
  return {activation::LevelLoops{activation::forward_loops_of<S, Lane<float>>(), {}}...};
#else
  return {activation::LevelLoops{activation::loops_of<S, Lane<float>>(), activation::loops_of<S, Lane<double>>()}...};
#endif
}

}  // namespace

extern const activation::FamilyLoops activation_loops;
constinit const activation::FamilyLoops activation_loops = make_loops(activation::Family());

}  // namespace relume::kernels::RELUME_TARGET
