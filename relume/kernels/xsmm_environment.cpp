// At its first product libxsmm puts OMP_PROC_BIND=TRUE into the environment of the process, and there it points into a
// library that may be unloaded. The shared library's linker sends its call here (--wrap); a static library leaves that
// to the program.
#if RELUME_HAVE_LIBXSMM && relume_EXPORTS

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" [[gnu::used, gnu::visibility("hidden")]] int __wrap_putenv(char* assignment);
int __wrap_putenv(char*) { return 0; }
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

#endif
