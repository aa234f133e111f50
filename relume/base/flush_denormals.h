// Private. Numbers too small for a normal exponent, which some machines compute with a hundred times more slowly.
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
  FlushDenormals() : FlushDenormals(flushing) {}
  /// Does as a thread whose mode() is given.
  explicit FlushDenormals(unsigned mode) : before_(control()), now_((before_ & ~flushing) | mode) {
    if (now_ != before_) set(now_);
  }
  ~FlushDenormals() {
    if (now_ != before_) set(before_);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// What this thread does about such numbers. A new thread begins with its maker's mode.
  static unsigned mode() { return control() & flushing; }

 private:
#if RELUME_HAS_MXCSR
  static constexpr unsigned flushing = 0x8040;  // results to zero, and operands
  static unsigned control() { return __builtin_ia32_stmxcsr(); }
  static void set(unsigned wanted) { __builtin_ia32_ldmxcsr(wanted); }
#else
  static constexpr unsigned flushing = 0;
  static unsigned control() { return 0; }
  static void set(unsigned) {}
#endif

  unsigned before_, now_;
};

}  // namespace relume
