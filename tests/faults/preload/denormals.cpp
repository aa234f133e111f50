// RELUME_DENORMALS=off: a host that takes numbers below the smallest normal one for zero, on all its threads.
#include <cstdlib>
#include <cstring>

#include <xmmintrin.h>

namespace {

[[gnu::constructor]] void turn_off() {
  constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x40;
  const char* wanted = std::getenv("RELUME_DENORMALS");
  if (wanted && std::strcmp(wanted, "off") == 0) _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);
}

}  // namespace
