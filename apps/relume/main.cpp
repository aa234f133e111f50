#include <csignal>
#include <cstdio>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "apps/relume/command.h"
#include "apps/relume/commands.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"
#include "relume/base/error.h"

namespace relume::app {

std::atomic<bool> interrupted{false};

void catch_interrupts() {
  const auto handler = [](int signal) {
    if (interrupted.exchange(true)) {
      std::signal(signal, SIG_DFL);
      std::raise(signal);
    }
  };
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
}

namespace {

/// One line on stderr.
void complain(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text)
    if (c == '\n') c = ' ';
  say("relume: {}", text);
}

constexpr const char* output_lost = "stdout cannot be written to; is the disk full?";

/// What was printed must have arrived: a full disk is no success.
void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw relume::FileError(output_lost);
}

/// The status that the program ends with. What wants to be said may need memory, too.
int run(std::span<char*> words) {
  try {
    run_command_line(commands(), {words.begin() + (words.empty() ? 0 : 1), words.end()});
    flush_output();
    return 0;
  } catch (const Exit& exit) {
    return exit.status;
  } catch (const relume::OptionError& error) {
    complain(in_own_words(error, words[1]));
    return exit_bad_input;
  } catch (const relume::Error& error) {
    complain(error.what());
    return exit_bad_input;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    if (std::ferror(stdout)) {  // more than a buffer of it
      complain(output_lost);
      return exit_bad_input;
    }
    complain(error.what());
  }
  return exit_failed;
}

}  // namespace
}  // namespace relume::app

int main(int argc, char** argv) {
  using namespace relume::app;
  // A file over the limit is then a failed write, which says where it happened and cleans up.
  std::signal(SIGXFSZ, SIG_IGN);
  fill_standard_streams();
  try {
    return run(std::span(argv, static_cast<std::size_t>(argc)));
  } catch (const std::bad_alloc&) {
    put_on_stderr("relume: out of memory; give less data at a time or a smaller network\n");
    return exit_failed;
  }
}
