#include <algorithm>
#include <csignal>
#include <new>
#include <string>
#include <vector>

#include <fmt/core.h>

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

/// What was printed must have arrived: a full disk is no success.
void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw relume::FileError("stdout cannot be written to; is the disk full?");
}

const CLI::App& chosen(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return subcommands.empty() ? app : *subcommands.front();
}

/// CLI11 takes -.5 and -inf for options: behind "--" they are numbers. Flags go before it, but for what the user has
/// put behind a "--" of his own.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words[0] == "apply") {
    const auto end_of_options = std::find(words.begin() + 1, words.end(), "--");
    const auto values = std::stable_partition(words.begin() + 1, end_of_options, [](const std::string& w) {
      return w == "-h" || (w.starts_with("--") && w.size() > 2);
    });
    if (end_of_options != words.end()) words.erase(end_of_options);
    if (values != words.end()) words.insert(values, "--");
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  return words;
}

int run(int argc, char** argv) {
  CLI::App app("Trains and runs ReLU networks.", "relume");
  app.require_subcommand(1);
  app.set_version_flag("--version", "relume " RELUME_VERSION);
  add_train(app);
  add_eval(app);
  add_predict(app);
  add_inspect(app);
  add_doctor(app);
  add_lr_find(app);
  add_compare(app);
  add_lab(app);
  add_apply(app);
  add_activations(app);
  add_rules(app);
  add_plot(app);
  add_report(app);
  try {
    app.parse(arguments_of(argc, argv));
    flush_output();
    return 0;
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ExtrasError&) {
    complain(describe_unknown(chosen(app), argc, argv));
  } catch (const CLI::ParseError& error) {
    const bool top = &chosen(app) == &app;
    if (top && argc > 1)
      complain(describe_unknown(app, argc, argv));
    else
      complain(top ? fmt::format("{}; relume --help shows the usage", error.what())
                   : fmt::format("{0}: {1}; relume {0} --help shows the usage", chosen(app).get_name(), error.what()));
  }
  return exit_bad_input;
}

}  // namespace
}  // namespace relume::app

int main(int argc, char** argv) {
  using namespace relume::app;
  // A file over the limit is then a failed write, which says where it happened and cleans up.
  std::signal(SIGXFSZ, SIG_IGN);
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
