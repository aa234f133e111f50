// Numbers too small for a normal exponent, which some machines compute with a hundred times more slowly.
#pragma once

#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// While it lives, this thread takes and gives 0 for numbers that are not normal (below 1.2e-38 in float32).
class FlushDenormals {
 public:
#if RELUME_X86
  FlushDenormals() : before_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(before_ | flush_to_zero | as_zero); }
  ~FlushDenormals() { __builtin_ia32_ldmxcsr(before_); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if RELUME_X86
 private:
  static constexpr unsigned flush_to_zero = 0x8000, as_zero = 0x0040;
  unsigned before_;
#endif
};

}  // namespace relume::kernels
