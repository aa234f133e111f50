// Any text that stands for the state of a checkpoint, beside the tensors of a run, is a run that goes on to its end, or
// an error of ours. (The file around it has a checksum, which no fuzzer guesses.)
#include "relume/io/checkpoint.h"

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "relume/base/error.h"
#include "relume/train/trainer.h"
#include "tests/train/small_problem.h"

namespace {

using namespace relume;
using namespace relume::training;

constexpr const char* layers = "linear(3) relu";
const Options options{.epochs = 2, .batch_size = 16, .on_dead = OnDead::revive};

const io::Checkpoint& of_a_run() {
  static const io::Checkpoint checkpoint = [] {
    Problem p = make_problem("moons", layers, 40);
    Trainer trainer(p.model, p.dataset, p.split, options);
    io::Checkpoint taken;
    trainer.on_progress = [&](const Progress& progress) {
      if (progress.epoch == 2 && progress.batch == 1) taken = trainer.checkpoint();
    };
    trainer.run();
    return taken;
  }();
  return checkpoint;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  io::Checkpoint checkpoint = of_a_run();
  const auto change = nlohmann::json::parse(data, data + size, nullptr, false);
  if (change.is_object()) {
    auto state = nlohmann::json::parse(checkpoint.state);
    state.merge_patch(change);
    checkpoint.state = state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    checkpoint.state.assign(data, data + size);
  }
  try {
    Problem p = make_problem("moons", layers, 40);
    Trainer trainer(p.model, p.dataset, p.split, options);
    trainer.restore(checkpoint);
    trainer.run();
  } catch (const Error&) {
  }
  return 0;
}
