#include "relume/train/lr_find.h"

#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/train_arguments.h"

namespace relume::app {
namespace {

struct LrFindArguments {
  std::string data;
  TrainOptions train;
  training::LrFindOptions range;
  std::string picture;
  bool json = false;
};

void run(LrFindArguments& a) {
  training::Job job = training::make_job(a.data, a.train);
  const training::LrFindResult result = training::find_lr(job, a.train, a.range);
  const plot::Chart chart = result.chart();
  if (!a.picture.empty()) chart.save(a.picture);
  if (a.json) {
    print("{}\n", result.json());
    return;
  }
  if (a.picture.empty()) print_lines(chart.text() + "\n");
  print("The loss is lowest at {:.1e}, after {} steps. Try --lr {:g}\n", result.lowest_at, result.rates.size(),
        result.suggested);
}

}  // namespace

void define_lr_find(Command& command) {
  auto a = std::make_shared<LrFindArguments>();
  add_data(command, a->data);
  add_train_options(command, a->train, names_of_task());
  add_train_options(command, a->train, {"optimizer", "loss", "batch_size"});
  command.option("--from", a->range.from, "the first rate").with_default();
  command.option("--to", a->range.to, "the last rate").with_default();
  command.option("--steps", a->range.steps, "from the one to the other").with_default();
  command.option("-o,--out", a->picture, "a picture of the curve: .svg, .png, .pdf or .html");
  command.flag("--json", a->json, "print the result as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
