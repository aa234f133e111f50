// What every subcommand offers to main().
#pragma once

#include <atomic>

#include <CLI/CLI.hpp>

namespace relume::app {

/// Each adds its subcommand with its options and what it does; one file each.
void add_train(CLI::App& app);
void add_eval(CLI::App& app);
void add_predict(CLI::App& app);
void add_inspect(CLI::App& app);
void add_doctor(CLI::App& app);
void add_apply(CLI::App& app);
void add_activations(CLI::App& app);
void add_rules(CLI::App& app);
void add_plot(CLI::App& app);
void add_report(CLI::App& app);
void add_lr_find(CLI::App& app);
void add_compare(CLI::App& app);
void add_lab(CLI::App& app);

/// Becomes true at the first Ctrl-C (or SIGTERM) once catch_interrupts() was called; the second one kills.
extern std::atomic<bool> interrupted;
void catch_interrupts();

/// Thrown to end with an exit status when everything has been said.
struct Exit {
  int status;
};

inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_input = 2;
inline constexpr int exit_interrupted = 130;

}  // namespace relume::app
