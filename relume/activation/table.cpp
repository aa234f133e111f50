// Compiled for size.
#include "relume/activation/level_loops.h"
#include "relume/activation/make_entry.h"
#include "relume/base/require.h"
#include "relume/kernels/cpu.h"

namespace relume::kernels {

RELUME_DECLARE_TABLE(activation::FamilyLoops, activation_loops);

}  // namespace relume::kernels

namespace relume::activation {
namespace {

#ifdef RELUME_INFER_ALONE
constexpr bool is_whole = false;
#else
constexpr bool is_whole = true;
#endif

using Entries = std::array<Entry, Family::size>;

template <class... S>
Entries make_entries(TypeList<S...>) {
  std::size_t i = 0;
#if RELUME_X86
  const auto next = [&]<class T>() {
    const std::size_t at = i++;
    return make_entry_with<T, is_whole>(&kernels::baseline::activation_loops[at], &kernels::avx2::activation_loops[at],
                                        &kernels::avx512::activation_loops[at]);
  };
#else
  const auto next = [&]<class T>() {
    const LevelLoops* loops = &kernels::baseline::activation_loops[i++];
    return make_entry_with<T, is_whole>(loops, loops, loops);
  };
#endif
  return {next.template operator()<S>()...};
}

}  // namespace

std::span<const Entry> table() {
  static const Entries entries = make_entries(Family());
  return entries;
}

std::int64_t Entry::features_out(std::int64_t features) const {
  if (kind == Kind::concatenated) return 2 * features;
  if (kind != Kind::gated) return features;
  require<ShapeError>(features % 2 == 0, "{}: {} features cannot be halved; one half is the gate of the other",
                      info.name, features);
  return features / 2;
}

const Entry* find(std::string_view name) {
  for (const Entry& entry : table())
    if (entry.info.name == name) return &entry;
  return nullptr;
}

}  // namespace relume::activation
