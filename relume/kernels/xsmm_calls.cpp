// What libxsmm asks of the system, where the shared library's linker sends its calls here (--wrap); a static library
// leaves that to the program.
//
// At its first product libxsmm puts OMP_PROC_BIND=TRUE into the environment of the process, and there it points into a
// library that may be unloaded. Where it gets no memory for a kernel's code it takes ordinary memory, which cannot be
// run, and gives that away as a kernel.
#include "relume/kernels/xsmm_calls.h"

#if RELUME_HAVE_LIBXSMM && RELUME_SHARED
#include <cstddef>

#include <sys/mman.h>

namespace relume::kernels {
namespace {

thread_local bool refused = false;

}  // namespace

bool code_was_refused() { return refused; }

}  // namespace relume::kernels

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
extern "C" {
[[gnu::used, gnu::visibility("hidden")]] int __wrap_putenv(char* assignment);
int __wrap_putenv(char*) { return 0; }

void* __real_mmap(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset);
[[gnu::used, gnu::visibility("hidden")]] void* __wrap_mmap(void* at, std::size_t bytes, int protection, int flags,
                                                           int file, off_t offset);
void* __wrap_mmap(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  void* pages = __real_mmap(at, bytes, protection, flags, file, offset);
  if ((protection & PROT_EXEC) != 0) relume::kernels::refused = pages == MAP_FAILED;
  return pages;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

#else

bool relume::kernels::code_was_refused() { return false; }

#endif
