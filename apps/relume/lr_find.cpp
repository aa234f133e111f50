#include "relume/train/lr_find.h"

#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/job_arguments.h"
#include "relume/optim/table.h"

namespace relume::app {
namespace {

struct Arguments {
  JobArguments job;
  training::Options train;
  training::LrFindOptions range;
  std::string picture;
  bool json = false;
};

void run(Arguments& a) {
  a.job.settle("lr-find");
  a.train.seed = a.job.options.seed;
  training::Job job = training::make_job(a.job.options);
  const training::LrFindResult result = training::find_lr(job, a.train, a.range);
  const plot::Chart chart = result.chart();
  if (!a.picture.empty()) chart.save(a.picture);
  if (a.json) {
    nlohmann::ordered_json object{{"suggested", result.suggested}, {"lowest_at", result.lowest_at}};
    object["rates"] = result.rates;
    object["losses"] = result.losses;
    fmt::print("{}\n", object.dump());
    return;
  }
  if (a.picture.empty()) fmt::print("{}\n", chart.text());
  fmt::print("The loss is lowest at {:.1e}, after {} steps. Try --lr {:g}\n", result.lowest_at, result.rates.size(),
             result.suggested);
}

}  // namespace

void define_lr_find(Command& command) {
  auto a = std::make_shared<Arguments>();
  a->job.add_to(command);
  command.option("--optimizer", a->train.optimizer, "how steps are made of gradients")
      .one_of(optim::optimizer_names())
      .with_default();
  command.option("--batch", a->train.batch_size, "rows a step (32; 64 from 2,000 training rows on, 128 from 20,000)")
      .number(at_least_one);
  command.option("--from", a->range.from, "the first rate").with_default();
  command.option("--to", a->range.to, "the last rate").with_default();
  command.option("--steps", a->range.steps, "from the one to the other").with_default();
  command.option("-o,--out", a->picture, "a picture of the curve: .svg, .png, .pdf or .html");
  command.flag("--json", a->json, "print the result as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
