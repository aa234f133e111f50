// Numbers too small for a normal exponent, which some machines compute with a hundred times more slowly.
#pragma once

#if defined(__SSE2__)
#define RELUME_HAS_MXCSR 1
#else
#define RELUME_HAS_MXCSR 0
#endif

namespace relume {

/// While it lives, this thread takes and gives 0 for numbers that are not normal (below 1.2e-38 in float32).
class FlushDenormals {
 public:
  explicit FlushDenormals(bool wanted = true) : before_(control()) {
    if (wanted) set(before_ | flush_to_zero | as_zero);
  }
  ~FlushDenormals() { set(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// Whether one lives on this thread.
  static bool active() { return (control() & flush_to_zero) != 0; }

 private:
  static constexpr unsigned flush_to_zero = 0x8000, as_zero = 0x0040;

#if RELUME_HAS_MXCSR
  static unsigned control() { return __builtin_ia32_stmxcsr(); }
  static void set(unsigned wanted) {
    if (wanted != control()) __builtin_ia32_ldmxcsr(wanted);
  }
#else
  static unsigned control() { return 0; }
  static void set(unsigned) {}
#endif

  unsigned before_;
};

}  // namespace relume
