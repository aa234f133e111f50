// The command line while each of its allocations and calls of the system fails once: it ends with one line of what is
// wrong, or as if nothing had been; what lay there lies there still; what there is of results is whole; nothing leaks.
//
// RELUME_FAULTS_EVERY=1 takes every place instead of one in so many; `./dev bench trust` does so.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::Eq;
using testing::Not;
using Words = std::vector<std::string>;
using Counts = std::map<std::string, long>;

/// Each so-many-th place of a kind is tried.
long every(long usual) {
  const char* wanted = std::getenv("RELUME_FAULTS_EVERY");
  return wanted ? std::max(1L, std::strtol(wanted, nullptr, 10)) : usual;
}

/// The C library ends a process that has no memory to note that a thread's object is to be destroyed: SECURITY.md.
constexpr const char* glibc_gives_up = "Fatal glibc error: failed to register TLS destructor";

/// A table, and what came of it without a fault.
class Faults : public testing::Test {
 protected:
  Faults() {
    place.write("table.csv", labelled_table(60));
    setting.environment = {"LD_PRELOAD=" RELUME_FAULTS " " RELUME_LSAN, "RELUME_FAULTS_REPORT=report"};
  }

  /// The run with that fault; what was asked for in `counts`.
  Outcome with_fault(const Words& words, const std::string& fault, Counts& counts) {
    std::filesystem::remove(place / "report");
    Setting faulty = setting;
    faulty.environment.push_back("RELUME_FAULTS=" + fault);
    // libxsmm then takes memory from one allocator and gives it back to another, which LeakSanitizer does not survive.
    if (fault.starts_with("mmap")) faulty.environment[0] = "LD_PRELOAD=" RELUME_FAULTS;
    const Outcome outcome = relume(place, words, faulty);
    counts.clear();
    for (const std::string& line : lines_of(place.read("report")))
      counts[line.substr(0, line.find(' '))] = std::strtol(line.c_str() + line.find(' '), nullptr, 10);
    return outcome;
  }

  Counts counts_of(const Words& words) {
    Counts counts;
    const Outcome outcome = with_fault(words, "none:0", counts);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(counts["memory"], 1000);
    EXPECT_GT(counts["write"] + counts["read"], 5);
    return counts;
  }

  /// Ended by itself, and if it failed with one line that says so.
  void expect_orderly(const Outcome& outcome) {
    EXPECT_THAT(outcome.status, AnyOf(Eq(0), Eq(1), Eq(2))) << outcome.err;
    const std::vector<std::string> lines = lines_of(outcome.err);
    const auto complaints = std::ranges::count_if(lines, [](const auto& line) { return line.starts_with("relume: "); });
    EXPECT_EQ(complaints, outcome.status != 0 ? 1 : 0) << outcome.err;
    for (const std::string& file : place.files()) EXPECT_THAT(file, Not(EndsWith(".part")));
  }

  /// All faults of these kinds in turn; `check` looks at what each has left.
  template <class Check>
  void in_turn(const Words& words, const std::vector<std::string>& faults, Check check) {
    Counts counts;
    int harmless = 0, survived = 0;
    for (const std::string& fault : faults) {
      SCOPED_TRACE(fault);
      const int failed = failures();
      const Outcome outcome = with_fault(words, fault, counts);
      const bool ended_by_glibc = outcome.err.find(glibc_gives_up) != std::string::npos;
      harmless += outcome.status == 0 ? 1 : 0;
      if (!ended_by_glibc) expect_orderly(outcome);
      check(outcome);
      survived += !ended_by_glibc && failures() == failed ? 1 : 0;
    }
    RecordProperty("survived", survived);
    RecordProperty("tried", std::to_string(faults.size()));
    RecordProperty("without_harm", harmless);
  }

  static int failures() {
    const testing::TestResult& result = *testing::UnitTest::GetInstance()->current_test_info()->result();
    int count = 0;
    for (int i = 0; i < result.total_part_count(); ++i) count += result.GetTestPartResult(i).failed() ? 1 : 0;
    return count;
  }

  Workplace place;
  Setting setting;
};

std::vector<std::string> memory_faults(const Counts& counts, const char* suffix) {
  std::vector<std::string> faults;
  std::mt19937 random(1);
  const long step = every(160);
  for (long number = 1; number <= counts.at("memory"); number += step)
    faults.push_back(
        fmt::format("memory:{}{}", number + static_cast<long>(random() % static_cast<unsigned>(step)), suffix));
  return faults;
}

/// The errors that those calls are known for.
const std::map<std::string, std::vector<int>> errors = {
    {"read", {EIO, EINTR}}, {"write", {ENOSPC, EINTR}}, {"openat", {EMFILE, EACCES}},
    {"fsync", {EIO}},       {"rename", {EACCES}},       {"linkat", {ENOTSUP}},
    {"link", {EPERM}},      {"mkdir", {EACCES}},        {"stat", {EACCES}},
    {"mmap", {ENOMEM}},     {"brk", {ENOMEM}},          {"munmap", {ENOMEM}},
    {"flock", {ENOLCK}},    {"fcntl", {EINVAL}},        {"lseek", {EIO}},
    {"close", {EIO}},       {"getrandom", {ENOSYS}},    {"unlink", {EACCES}},
    {"thread", {EAGAIN}}};

std::vector<std::string> call_faults(const Counts& counts) {
  std::vector<std::string> faults;
  const long step = every(5);
  for (const auto& [call, times] : counts) {
    if (!errors.contains(call)) continue;
    for (long number = 1; number <= times; number += step)
      for (const int error : errors.at(call)) faults.push_back(fmt::format("{}:{}:{}", call, number, error));
  }
  return faults;
}

class FaultsInTraining : public Faults {
 protected:
  FaultsInTraining() {
    EXPECT_EQ(relume(place, with("--out", "whole")).status, 0);
    model = place.read("whole/model.safetensors");
    table = place.read("table.csv");
  }

  static Words with(const char* option, const char* folder) {
    return {"train", "table.csv", "--hidden", "4",         "--epochs", "2",    "--seed",
            "1",     "--threads", "2",        "--on-dead", "revive",   option, folder};
  }

  void begin_anew() { std::filesystem::remove_all(place / "run"); }

  /// The table as it was; a model that is there is the whole one, and a run that can be gone on with gives it.
  void check(const Outcome& outcome, bool resumes) {
    EXPECT_EQ(place.read("table.csv"), table);
    const bool has_model = place.has("run/model.safetensors");
    EXPECT_TRUE(has_model || outcome.status != 0);
    EXPECT_TRUE(!has_model || place.read("run/model.safetensors") == model);
    if (resumes && outcome.status != 0 &&
        (place.has("run/checkpoint/checkpoint.safetensors") || place.has("run/checkpoint/previous.safetensors"))) {
      const Outcome resumed = relume(place, with("--resume", "run"));
      EXPECT_EQ(resumed.status, 0) << resumed.err;
      EXPECT_EQ(place.read("run/model.safetensors"), model);
    }
    begin_anew();
  }

  std::string model, table;
};

TEST_F(FaultsInTraining, OfMemoryOnce) {
  const Counts counts = counts_of(with("--out", "run"));
  begin_anew();
  in_turn(with("--out", "run"), memory_faults(counts, ""), [this](const Outcome& outcome) { check(outcome, false); });
}

TEST_F(FaultsInTraining, OfMemoryFromThenOn) {
  const Counts counts = counts_of(with("--out", "run"));
  begin_anew();
  in_turn(with("--out", "run"), memory_faults(counts, "+"), [this](const Outcome& outcome) { check(outcome, false); });
}

TEST_F(FaultsInTraining, OfTheSystem) {
  const Counts counts = counts_of(with("--out", "run"));
  begin_anew();
  in_turn(with("--out", "run"), call_faults(counts), [this](const Outcome& outcome) { check(outcome, true); });
}

class FaultsInPrediction : public Faults {
 protected:
  FaultsInPrediction() {
    EXPECT_EQ(relume(place, {"train", "table.csv", "--epochs", "2", "--seed", "1", "--out", "run"}).status, 0);
    EXPECT_EQ(relume(place, words()).status, 0);
    predictions = place.read("p.csv");
    place.write("p.csv", "as it was");
  }

  static Words words() { return {"predict", "run/model.safetensors", "table.csv", "-o", "p.csv"}; }

  void check(const Outcome& outcome) {
    const std::string now = place.read("p.csv");
    EXPECT_TRUE(outcome.status != 0 || now == predictions);
    EXPECT_THAT(now, AnyOf(Eq(predictions), Eq("as it was")));
    place.write("p.csv", "as it was");
  }

  std::string predictions;
};

TEST_F(FaultsInPrediction, OfMemoryOnce) {
  in_turn(words(), memory_faults(counts_of(words()), ""), [this](const Outcome& outcome) { check(outcome); });
}

TEST_F(FaultsInPrediction, OfMemoryFromThenOn) {
  in_turn(words(), memory_faults(counts_of(words()), "+"), [this](const Outcome& outcome) { check(outcome); });
}

TEST_F(FaultsInPrediction, OfTheSystem) {
  in_turn(words(), call_faults(counts_of(words())), [this](const Outcome& outcome) { check(outcome); });
}

TEST_F(Faults, AreMadeWhereTheyAreAskedFor) {
  Counts counts;
  EXPECT_EQ(with_fault({"apply", "relu", "1"}, "memory:10", counts).status, 1);
  EXPECT_EQ(with_fault({"apply", "relu", "1"}, fmt::format("write:1:{}", ENOSPC), counts).status, 2);
}

}  // namespace
}  // namespace relume::app
