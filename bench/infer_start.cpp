// From a model's file to the first prediction, its time and memory: bench_infer_start save FILE | first FILE.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "relume/base/rng.h"
#include "relume/infer/predictor.h"
#include "relume/io/model.h"

using namespace relume;

namespace {

int save(const char* path) {
  Model model;
  model.features = 784;
  model.outputs = 10;
  for (int i = 0; i < 10; ++i) model.labels.push_back(std::to_string(i));
  model.layers = nn::parse_architecture("linear(512) relu linear(256) relu");
  model.input_shape = {28, 28};
  model.scale = {1.0f / 255, 0};
  Rng rng(1);
  model.build(rng);
  model.save(path);
  return std::printf("{\"weight_bytes\": %lld}\n", 4ll * model.network->parameter_count()) < 0;
}

/// The most memory that the process has had. (What a parent sees of it begins with the parent's own.)
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  return 0;
}

int first(const char* path) {
  const long before = peak_kib();
  const auto begin = std::chrono::steady_clock::now();
  const Predictor predictor = Predictor::load(path);
  const std::vector<float> in(784, 100.0f);
  std::vector<float> out(10);
  predictor.predict(in, out);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  return std::printf("{\"ms\": %.3f, \"kib\": %ld, \"first\": %g}\n", taken.count(), peak_kib() - before, out[0]) < 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "save" && argc == 3) return save(argv[2]);
  if (what == "first" && argc == 3) return first(argv[2]);
  return std::puts("bench_infer_start save FILE | first FILE"), 2;
}
