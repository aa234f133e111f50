// Private. Which instruction set the kernels use. A NAME.simd.cpp is compiled once per level; what it offers is a table
// of function pointers, `extern const NameTable name_table` in namespace relume::kernels::RELUME_TARGET. NAME_table.h
// declares it, and whoever calls the kernel picks the table of the level in use:
//
//   RELUME_DECLARE_TABLE(NameTable, name_table);
//   RELUME_CHOOSE_TABLE(name_table).function(…);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__x86_64__) || defined(_M_X64)
#define RELUME_X86 1
#else
#define RELUME_X86 0
#endif

namespace relume::kernels {

/// baseline: what every machine of the architecture has; avx2: x86-64-v3; avx512: x86-64-v4.
enum class Level : std::uint8_t { baseline, avx2, avx512 };

/// "baseline", "avx2", "avx512".
std::string_view name(Level level);

/// The highest level that this machine has.
Level machine_level();

/// The level that kernels use now: the machine's, lowered by the environment's RELUME_SIMD=baseline|avx2|avx512.
Level level();

/// For tests: uses that level from now on, or the machine's where it has less. Not to be called while kernels run.
void force_level(Level level);

/// Bytes of the largest cache, as the system reports it; 32 MiB where it does not.
std::size_t last_level_cache_bytes();

#if RELUME_X86
template <class Table>
const Table& choose(const Table& baseline, const Table& avx2, const Table& avx512) {
  switch (level()) {
    case Level::avx512: return avx512;
    case Level::avx2: return avx2;
    default: return baseline;
  }
}
#define RELUME_DECLARE_TABLE(Type, table) \
  namespace baseline {                    \
  extern const Type table;                \
  }                                       \
  namespace avx2 {                        \
  extern const Type table;                \
  }                                       \
  namespace avx512 {                      \
  extern const Type table;                \
  }                                       \
  static_assert(true)
#define RELUME_CHOOSE_TABLE(table)                                                              \
  ::relume::kernels::choose(::relume::kernels::baseline::table, ::relume::kernels::avx2::table, \
                            ::relume::kernels::avx512::table)
#else
#define RELUME_DECLARE_TABLE(Type, table) \
  namespace baseline {                    \
  extern const Type table;                \
  }                                       \
  static_assert(true)
#define RELUME_CHOOSE_TABLE(table) (::relume::kernels::baseline::table)
#endif

}  // namespace relume::kernels
