#include <filesystem>
#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/base/require.h"

namespace relume::app {
namespace {

struct ImportArguments {
  std::string net, out;
};

void run(const ImportArguments& a) {
  const std::filesystem::path beside = std::filesystem::path(a.net).replace_extension(".safetensors");
  const std::string out = a.out.empty() ? beside.string() : a.out;
  require<InputError>(std::filesystem::path(a.net).extension() == ".onnx",
                      "import: {} is no .onnx; relume reads its own models as they are", a.net);
  const io::Model model = read_model(a.net);
  model.save(out);
  print("{}: {} values to {} of {}\n", out, model.features, model.outputs, data::name(model.task));
}

}  // namespace

void define_import(Command& command) {
  auto a = std::make_shared<ImportArguments>();
  command.option("NET", a->net, "an .onnx of fully connected layers, whoever wrote it").required();
  command.option("-o,--output", a->out, "the model's file; beside NET, as .safetensors, without it");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
