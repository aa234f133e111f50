// A run that is killed at whatever moment, and gone on with, ends with the bytes of the run that was never killed.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using Words = std::vector<std::string>;

Words with(const Words& words, const Words& more) {
  Words all = words;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The columns of metrics.csv that do not tell the time.
std::string untimed(const std::string& metrics) {
  const std::vector<std::string> lines = lines_of(metrics);
  std::vector<bool> keeps;
  std::string result;
  for (const std::string& line : lines) {
    std::size_t column = 0;
    for (std::size_t at = 0; at <= line.size(); ++column) {
      const std::size_t end = std::min(line.find(',', at), line.size());
      const std::string field = line.substr(at, end - at);
      if (keeps.size() == column) keeps.push_back(field.find("seconds") == std::string::npos);
      if (keeps[column]) result += field + ",";
      at = end + 1;
    }
    result += "\n";
  }
  return result;
}

void expect_same_files(const Workplace& place, const std::string& a, const std::string& b) {
  for (const char* file : {"/model.safetensors", "/last.safetensors"})
    EXPECT_EQ(place.read(a + file), place.read(b + file)) << file;
  EXPECT_EQ(untimed(place.read(a + "/metrics.csv")), untimed(place.read(b + "/metrics.csv")));
}

/// Runs in that folder until it is over, killed after random times while `kills` lasts. Microseconds are at most
/// `longest`.
void train_with_kills(const Workplace& place, const Words& words, const std::string& folder, useconds_t longest,
                      std::mt19937& random, int& kills) {
  for (;;) {
    const bool begun = place.has(folder + "/checkpoint/checkpoint.safetensors") ||
                       place.has(folder + "/checkpoint/previous.safetensors");
    RunningApp app(place, with(words, {begun ? "--resume" : "--out", folder}));
    if (kills > 0) {
      ::usleep(static_cast<useconds_t>(random() % longest));
      app.send(SIGKILL);
    }
    const Outcome outcome = app.wait();
    if (outcome.status == 0) return;
    ASSERT_EQ(outcome.status, 128 + SIGKILL) << outcome.err;
    --kills;
  }
}

TEST(Killed, ARunEndsWithTheSameBytes) {
  const Workplace place;
  place.write("labels.csv", labelled_table(150));
  place.write("numbers.csv", measured_table(150));
  const std::vector<Words> runs = {
      {"train", "labels.csv", "--hidden", "16,8", "--schedule", "plateau", "--patience", "4"},
      {"train", "numbers.csv", "--hidden", "16", "--optimizer", "sgd", "--lr", "0.1", "--on-dead", "revive"},
      {"train", "labels.csv", "--layers", "linear(12) batchnorm relu dropout(0.2)", "--precision", "bf16",
       "--on-explode", "backoff", "--lr", "0.3"},
      {"train", "builtin:friedman", "--layers", "linear(8) relu", "--on-dead", "leaky", "--batch", "128"}};
  std::mt19937 random(20);  // which moment it hits differs all the same
  int kills = 20, number = 0;
  while (kills > 0) {
    const Words words = with(runs[static_cast<std::size_t>(number) % runs.size()],
                             {"--epochs", "12", "--seed", "3", "--threads", "1", "--checkpoint-every", "1", "--quiet"});
    const std::string whole = fmt::format("whole{}", number), parts = fmt::format("parts{}", number);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(relume(place, with(words, {"--out", whole})).status, 0);
    const auto longest =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    const int of_this = std::min(kills, 6);
    int left = of_this;
    train_with_kills(place, words, parts, static_cast<useconds_t>(longest.count()), random, left);
    kills -= of_this - left;
    SCOPED_TRACE(testing::PrintToString(words));
    expect_same_files(place, whole, parts);
    ++number;
  }
}

}  // namespace
}  // namespace relume::app
