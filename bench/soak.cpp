// soak MINUTES [THREADS]: threads that train, save, load, predict and activate all the time, each result held against
// the one that a thread alone had; and how the process's memory goes meanwhile.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "relume/relume.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Results {
  std::vector<float> weights, outputs, activated;
  friend bool operator==(const Results&, const Results&) = default;
};

/// What a thread does in a round: all of it from the seed.
Results round_of(std::uint64_t seed, const relume::infer::Predictor& shared, const std::filesystem::path& file) {
  Results results;
  const relume::Run run = relume::train("builtin:moons", {.hidden = {16, 8}, .epochs = 2, .seed = seed});
  run.model.save(file);
  const relume::Model loaded = relume::Model::load(file);
  for (const relume::Tensor& parameter : loaded.network->parameters())
    for (const float value : parameter.to_vector<float>()) results.weights.push_back(value);
  relume::Rng rng(seed);
  std::vector<float> rows(static_cast<std::size_t>(64 * shared.inputs()));
  for (float& value : rows) value = static_cast<float>(rng.normal());
  results.outputs.resize(static_cast<std::size_t>(64 * shared.outputs()));
  shared.predict(rows, results.outputs);
  results.activated =
      relume::nn::ReLU()(relume::from_vector(rows, relume::Shape{64, shared.inputs()})).to_vector<float>();
  return results;
}

/// Memory in use, KiB.
double resident() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long all = 0, pages = 0;
  const bool good = file && std::fscanf(file, "%ld %ld", &all, &pages) == 2;
  if (file) std::fclose(file);
  if (!good) throw std::runtime_error("no /proc/self/statm");
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

struct Sample {
  double minutes, kibibytes;
};

/// KiB a minute, by least squares over the later half: in the first one caches fill.
double slope(const std::vector<Sample>& samples) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = samples.size() / 2; i < samples.size(); ++i) {
    const auto& [minutes, kibibytes] = samples[i];
    n += 1, x += minutes, y += kibibytes, xx += minutes * minutes, xy += minutes * kibibytes;
  }
  const double spread = n * xx - x * x;
  return spread > 0 ? (n * xy - x * y) / spread : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double minutes = argc > 1 ? std::atof(argv[1]) : 1;
  const auto threads = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 16);
  const auto folder = std::filesystem::temp_directory_path() / ("relume_soak_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const auto file_of = [&](std::size_t t) { return folder / (std::to_string(t) + ".safetensors"); };
  const relume::Run run = relume::train("builtin:moons", {.hidden = {64, 32}, .epochs = 2, .seed = 1});
  const relume::infer::Predictor shared(run.model);
  std::vector<Results> expected;
  for (std::size_t t = 0; t < threads; ++t) expected.push_back(round_of(t + 1, shared, file_of(t)));

  std::atomic<long> rounds{0}, different{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> workers;
  for (std::size_t t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      for (; !over; ++rounds)
        if (round_of(t + 1, shared, file_of(t)) != expected[t]) ++different;
    });
  std::vector<Sample> samples;
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double, std::ratio<60>>(Clock::now() - begin).count(); };
  while (passed() < minutes) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    samples.push_back({passed(), resident()});
  }
  over = true;
  for (std::thread& worker : workers) worker.join();
  std::filesystem::remove_all(folder);
  std::printf(
      "{\"threads\": %zu, \"minutes\": %.2f, \"rounds\": %ld, \"different\": %ld, \"kib\": %.0f, \"kib_a_minute\": "
      "%.1f}\n",
      threads, passed(), rounds.load(), different.load(), samples.empty() ? 0 : samples.back().kibibytes,
      slope(samples));
  return different == 0 ? 0 : 1;
}
