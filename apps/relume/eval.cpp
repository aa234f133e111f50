#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "apps/relume/result.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"
#include "relume/train/evaluate.h"
#include "relume/train/job.h"

namespace relume::app {
namespace {

struct EvalArguments {
  std::string model, data;
  TrainOptions reading;  // its csv alone
  bool json = false;
};

void run(const EvalArguments& a) {
  const io::Model model = read_model(a.model);
  const training::Trial trial = training::make_trial(model, a.data, a.reading.csv);
  for (const std::string& note : trial.notes) say("{}", note);
  const training::Metrics metrics = training::evaluate(model, trial.dataset, trial.rows);
  if (!a.json)
    print("{} ({}, {})\n", to_text(metrics, model.task), trial.what, metrics.rows);
  else
    print("{}\n", training::to_json(model, metrics, a.model, trial.notes));
}

}  // namespace

void define_eval(Command& command) {
  auto a = std::make_shared<EvalArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command.option("DATA", a->data, "as for train; of an IDX folder the test set").required().or_stdin();
  add_train_options(command, a->reading, {"decimal", "na"});
  command.flag("--json", a->json, "print the result as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
