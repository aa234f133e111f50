#include "relume/train/machine.h"

#include <ctime>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "relume/base/parallel.h"
#include "relume/kernels/cpu.h"

namespace relume::training {
namespace {

/// As Linux names it; elsewhere nothing.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      if (const std::size_t at = line.find(": "); at != std::string::npos) return line.substr(at + 2);
  return {};
}

std::string system_name() {
  utsname names{};
  return uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.machine) : "";
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&time, &parts)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine() {
#if defined(__clang__)
  const char* compiler = "clang " __clang_version__;
#else
  const char* compiler = "g++ " __VERSION__;
#endif
  return {{"relume", RELUME_VERSION},
          {"compiled by", compiler},
          {"processor", processor()},
          {"instructions", std::string(kernels::name(kernels::level()))},
          {"threads", fmt::format("{} of {}", num_threads(), std::thread::hardware_concurrency())},
          {"system", system_name()},
          {"ended", now()}};
}

}  // namespace relume::training
