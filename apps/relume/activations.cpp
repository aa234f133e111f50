#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/activation/activation.h"

namespace relume::app {
namespace {

std::string_view needs(const activation::Entry& entry) {
  switch (entry.saves) {
    case activation::Saves::nothing: return "nothing";
    case activation::Saves::mask: return "1 bit an element";
    case activation::Saves::output: return "the output";
    default: return "the input";
  }
}

std::string parameters(const activation::Entry& entry) {
  std::string text;
  for (const activation::Param& p : entry.parameters)
    text += fmt::format("{}{} ({:.4g})", text.empty() ? "" : ", ", p.name, p.value);
  return text;
}

}  // namespace

void define_activations(Command& command) {
  command.run([] {
    print("{:<18} {:<52} {:<18} {:<28} {:>12} {}\n", "name", "formula", "range", "parameters", "derivative 0",
          "backward needs");
    for (const activation::Entry& entry : activation::table()) {
      const bool elementwise = entry.kind == activation::Kind::elementwise;
      print("{:<18} {:<52} {:<18} {:<28} {:>12} {}\n", entry.info.name, entry.info.formula,
            fmt::format("[{:.4g}, {:.4g}]", entry.info.output.min, entry.info.output.max), parameters(entry),
            elementwise ? fmt::format("{:.4g}", entry.derivative(0)) : "", needs(entry));
    }
  });
}

}  // namespace relume::app
