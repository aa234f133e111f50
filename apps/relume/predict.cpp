#include <memory>

#include <fmt/core.h>
#include <unistd.h>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"
#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/model.h"

namespace relume::app {
namespace {

struct PredictArguments {
  std::string model, data, out, id;
  TrainOptions reading;  // its csv alone
  bool json = false;
};

void run(const PredictArguments& a) {
  const Model model = read_model(a.model);
  std::unique_ptr<AtomicFile> file;
  const auto write = [&](std::string_view text) {
    if (!a.out.empty() && !file) file = std::make_unique<AtomicFile>(a.out);
    if (file)
      file->write(text);
    else if (::isatty(STDOUT_FILENO) != 0)
      print_lines(text);
    else
      require<FileError>(std::fwrite(text.data(), 1, text.size(), stdout) == text.size(),
                         "predict: stdout cannot be written to");
  };
  const std::vector<std::string> notes =
      io::predict_text(model, a.data, {.csv = a.reading.csv, .id = a.id},
                       a.json ? io::PredictionFormat::json : io::PredictionFormat::csv, write);
  for (const std::string& note : notes) say("{}", note);
  if (file) file->commit();
}

}  // namespace

void define_predict(Command& command) {
  auto a = std::make_shared<PredictArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command.option("DATA", a->data, "as for train; the target's column may be missing").required().or_stdin();
  add_train_options(command, a->reading, {"decimal", "na"});
  command.option("-o,--output", a->out, "file to write; stdout without it");
  command.option("--id", a->id, "a column of the data, by name or number, that is copied in front of each prediction");
  command.flag("--json", a->json, "one JSON object in place of CSV");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
