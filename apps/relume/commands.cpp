#include "apps/relume/commands.h"

namespace relume::app {

// Each declares what its subcommand takes and what it does, in a file of that name.
using Define = void(Command&);
Define define_train, define_eval, define_predict, define_inspect, define_doctor, define_lr_find, define_compare,
    define_lab, define_apply, define_activations, define_rules, define_plot, define_report, define_convert,
    define_export, define_import, define_bench;

std::span<const CommandEntry> commands() {
  static constexpr CommandEntry table[] = {
      {"train", "Train a network on a table, on images or on built-in data", define_train},
      {"eval", "Measure a model on data with known targets", define_eval},
      {"predict", "Write a model's predictions for data as CSV", define_predict},
      {"inspect", "Show what a model is made of", define_inspect},
      {"doctor", "Examine a model's units, weights and gradients on data", define_doctor},
      {"lr-find", "Try growing learning rates on data and suggest one", define_lr_find},
      {"compare", "Which activation suits some data: the same training with each", define_compare},
      {"lab", "What is said of ReLU, as experiments", define_lab},
      {"apply", "Apply an activation to numbers: relume apply relu -2 -1 0 1 2", define_apply},
      {"activations", "List the activations", define_activations},
      {"rules", "List the rules of health and their thresholds", define_rules},
      {"plot", "Draw activations, or what runs have measured", define_plot},
      {"convert", "Turn a table or a .safetensors into NumPy's .npz, or a .npz into a .safetensors", define_convert},
      {"export", "Write a model as C or as ONNX, for programs and devices without relume", define_export},
      {"import", "Turn an .onnx into a model of relume", define_import},
      {"bench", "How long this machine takes for a model's predictions", define_bench},
      {"report", "Write a run's report anew, or one page that compares runs", define_report},
  };
  return table;
}

}  // namespace relume::app
