#include "apps/relume/say.h"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace relume::app {

void put_on_stderr(std::string_view text) noexcept {
  // Nobody at the other end of a pipe would otherwise end the program.
  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
  std::fflush(stderr);
  std::clearerr(stderr);
  std::signal(SIGPIPE, before);
}

void fill_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)  // open() takes the lowest number that is free: this one
      static_cast<void>(::open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR));
}

}  // namespace relume::app
