// Preloaded into a program, fails what the environment names while main() runs:
//   RELUME_FAULTS=memory:17      the 17th allocation; memory:17+ that and all after it
//   RELUME_FAULTS=write:3:28     the 3rd write, with the error of that number
// and leaves in the file RELUME_FAULTS_REPORT how often each was asked for, a line each.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dlfcn.h>

#include "tests/faults/allocations.h"
#include "tests/faults/preload/system_calls.h"

namespace relume::faults {
namespace {

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;

struct Fault {
  char call[32] = "";
  long number = 0;
  bool from_then_on = false;
  int error = 0;
};

Fault fault_from_environment() {
  Fault fault;
  const char* text = std::getenv("RELUME_FAULTS");
  if (!text) return fault;
  const char* colon = std::strchr(text, ':');
  if (!colon || colon - text >= static_cast<long>(sizeof fault.call)) std::abort();
  std::memcpy(fault.call, text, static_cast<std::size_t>(colon - text));
  char* end = nullptr;
  fault.number = std::strtol(colon + 1, &end, 10);
  fault.from_then_on = *end == '+';
  if (*end == ':') fault.error = static_cast<int>(std::strtol(end + 1, nullptr, 10));
  return fault;
}

void write_report(long allocations) {
  const char* path = std::getenv("RELUME_FAULTS_REPORT");
  std::FILE* file = path ? std::fopen(path, "w") : nullptr;
  if (!file) return;
  std::fprintf(file, "memory %ld\n", allocations);
  for (const Counted& call : counted_calls()) std::fprintf(file, "%s %ld\n", call.name, call.times.load());
  std::fclose(file);
}

int main_with_faults(int argc, char** argv, char** environment) {
  if (!std::getenv("RELUME_FAULTS") && !std::getenv("RELUME_FAULTS_REPORT")) return real_main(argc, argv, environment);
  const Fault fault = fault_from_environment();
  const bool memory = std::strcmp(fault.call, "memory") == 0;
  count_calls(fault.call, fault.number, fault.error);
  count_allocations(memory ? fault.number : 0, fault.from_then_on ? Failing::from_then_on : Failing::once);
  const int status = real_main(argc, argv, environment);
  const long allocations = stop_counting_allocations();
  stop_counting_calls();
  write_report(allocations);
  return status;
}

}  // namespace
}  // namespace relume::faults

extern "C" int __libc_start_main(relume::faults::Main main, int argc, char** argv, void (*init)(),  // NOLINT: theirs
                                 void (*fini)(), void (*loader_fini)(), void* stack) {
  using Start = int (*)(relume::faults::Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  relume::faults::real_main = main;
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(relume::faults::main_with_faults, argc, argv, init, fini, loader_fini, stack);
}

// LeakSanitizer has these as well, which would not end in malloc.
void* operator new(std::size_t size) {
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t to) {
  if (void* block = std::aligned_alloc(static_cast<std::size_t>(to), size)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
