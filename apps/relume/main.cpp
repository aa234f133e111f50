#include <fmt/core.h>

#include <csignal>
#include <new>

#include "apps/relume/command.h"
#include "apps/relume/suggest.h"
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
  fmt::print(stderr, "relume: {}\n", text);
}

const CLI::App& chosen(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return subcommands.empty() ? app : *subcommands.front();
}

int run(int argc, char** argv) {
  CLI::App app("Trains and runs ReLU networks.", "relume");
  app.require_subcommand(1);
  app.set_version_flag("--version", "relume " RELUME_VERSION);
  add_train(app);
  add_eval(app);
  add_predict(app);
  add_inspect(app);
  add_apply(app);
  add_activations(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ExtrasError&) {
    complain(describe_unknown(chosen(app), argc, argv));
  } catch (const CLI::ParseError& error) {
    complain(std::string(error.what()) + "; relume " + (&chosen(app) == &app ? "" : chosen(app).get_name() + " ") +
             "--help shows the usage");
  }
  return exit_bad_input;
}

}  // namespace
}  // namespace relume::app

int main(int argc, char** argv) {
  using namespace relume::app;
  try {
    return run(argc, argv);
  } catch (const Exit& exit) {
    return exit.status;
  } catch (const relume::Error& error) {
    complain(error.what());
    return exit_bad_input;
  } catch (const std::bad_alloc&) {
    complain("out of memory; give less data at a time or a smaller network");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return exit_failed;
}
