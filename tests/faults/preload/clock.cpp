// RELUME_CLOCK=jumps: the time of day goes an hour forward and two back in turn; =1901, =2200: it is that of the year.
#include <atomic>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>

namespace {

long shift() {
  static const char* const wanted = std::getenv("RELUME_CLOCK");
  static std::atomic<long> asked{0};
  constexpr long hour = 3600, year = 365L * 24 * hour;
  if (!wanted) return 0;
  if (const long begin = std::atol(wanted); begin > 0) return (begin - 2026) * year;
  const long number = ++asked;
  return number % 2 == 1 ? number * hour : -2 * number * hour;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Ask = int (*)(clockid_t, timespec*);
  static const auto ask = reinterpret_cast<Ask>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int status = ask(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec += shift();
  return status;
}

std::time_t time(std::time_t* place) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}
}
