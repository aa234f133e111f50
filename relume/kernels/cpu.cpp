#include "relume/kernels/cpu.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include <unistd.h>

namespace relume::kernels {
namespace {

Level start_level() {
  const Level machine = machine_level();
  const char* wanted = std::getenv("RELUME_SIMD");
  if (!wanted) return machine;
  for (const Level asked : {Level::baseline, Level::avx2, Level::avx512})
    if (name(asked) == wanted) return std::min(asked, machine);
  return machine;
}

/// baseline to all that runs before this program's or library's own start is over. Not made at the first call, as each
/// call would ask whether it is the first.
std::atomic<Level> current{start_level()};  // NOLINT(cert-err58-cpp): nothing of it throws

std::size_t cache_bytes(int name) { return static_cast<std::size_t>(std::max(0L, sysconf(name))); }

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::avx512: return "avx512";
    case Level::avx2: return "avx2";
    default: return "baseline";
  }
}

Level machine_level() {
#if RELUME_X86
  static const Level found = [] {
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    return v4 ? Level::avx512 : v3 ? Level::avx2 : Level::baseline;
  }();
  return found;
#else
  return Level::baseline;
#endif
}

Level level() { return current.load(std::memory_order_relaxed); }

void force_level(Level level) { current.store(std::min(level, machine_level()), std::memory_order_relaxed); }

std::size_t last_level_cache_bytes() {
  static const std::size_t bytes = [] {
#ifdef _SC_LEVEL3_CACHE_SIZE
    const std::size_t found = std::max(cache_bytes(_SC_LEVEL3_CACHE_SIZE), cache_bytes(_SC_LEVEL2_CACHE_SIZE));
    if (found > 0) return found;
#endif
    return std::size_t{32} << 20;
  }();
  return bytes;
}

}  // namespace relume::kernels
