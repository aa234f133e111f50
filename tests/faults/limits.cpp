// The command line where the system grants little: each setting alone, around a training and a prediction.
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using Words = std::vector<std::string>;

struct Little {
  const char* name;
  Setting setting;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
void PrintTo(const Little& little, std::ostream* out) { *out << little.name; }

constexpr long kilobyte = 1024, megabyte = 1024 * kilobyte;

std::vector<Little> settings() {
  return {
      {"SmallStack", {.limits = {{RLIMIT_STACK, 256 * kilobyte}}}},
      {"FewFiles", {.limits = {{RLIMIT_NOFILE, 16}}}},
      {"LittleAddressSpace", {.limits = {{RLIMIT_AS, 200 * megabyte}}}},
      {"NoMoreProcesses", {.limits = {{RLIMIT_NPROC, 1}}}},
      {"NoCoreAndLittleLockedMemory", {.limits = {{RLIMIT_CORE, 0}, {RLIMIT_MEMLOCK, 0}}}},
      {"NoStdin", {.closed = {STDIN_FILENO}}},
      {"NoStderr", {.closed = {STDERR_FILENO}}},
      {"NoStdinAndStderr", {.closed = {STDIN_FILENO, STDERR_FILENO}}},
      {"FullStderr", {.stderr_to = "/dev/full"}},
      {"NobodyReadsStderr", {.stderr_broken = true}},
      {"NoHome", {.environment = {"HOME", "TMPDIR", "XDG_CACHE_HOME", "USER", "PATH"}}},
      {"HomeThatIsNot", {.environment = {"HOME=/nowhere", "TMPDIR=/nowhere"}}},
      {"DecimalCommas", {.environment = {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "LC_NUMERIC=de_DE.UTF-8"}}},
      {"LocaleThatIsNot", {.environment = {"LC_ALL=xx_XX.nothing"}}},
      {"NoTerminalKnown", {.environment = {"TERM=", "COLUMNS=0"}}},
      {"ClockThatJumps", {.environment = {"LD_PRELOAD=" RELUME_FAULTS, "RELUME_CLOCK=jumps"}}},
      {"ClockOf1901", {.environment = {"LD_PRELOAD=" RELUME_FAULTS, "RELUME_CLOCK=1901"}}},
      {"ClockOf2200", {.environment = {"LD_PRELOAD=" RELUME_FAULTS, "RELUME_CLOCK=2200"}}},
      {"TimeZoneThatIsNot", {.environment = {"TZ=:/nowhere"}}},
  };
}

class Limits : public testing::TestWithParam<Little> {
 protected:
  static Words train(const char* folder) {
    return {"train",    "table.csv", "--epochs",           "3", "--seed", "1",
            "--hidden", "16",        "--checkpoint-every", "1", "--out",  folder};
  }
  static Words predict(const char* to) { return {"predict", "usual/model.safetensors", "table.csv", "-o", to}; }
};

TEST_P(Limits, ChangeNothingOfARunAndAPrediction) {
  const Workplace place;
  place.write("table.csv", labelled_table(120));
  ASSERT_EQ(relume(place, train("usual")).status, 0);
  ASSERT_EQ(relume(place, predict("usual.csv")).status, 0);
  const Outcome run = relume(place, train("run"), GetParam().setting);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(place.read("run/model.safetensors"), place.read("usual/model.safetensors"));
  EXPECT_THAT(run.out, testing::HasSubstr("valid  accuracy"));
  const Outcome prediction = relume(place, predict("p.csv"), GetParam().setting);
  EXPECT_EQ(prediction.status, 0) << prediction.err;
  EXPECT_EQ(place.read("p.csv"), place.read("usual.csv"));
}

INSTANTIATE_TEST_SUITE_P(System, Limits, testing::ValuesIn(settings()),
                         [](const auto& test) { return std::string(test.param.name); });

/// A shell does what these say to `relume`.
int status_of(const Workplace& place, const std::string& line) {
  const std::string command = "cd '" + place.path().string() + "' && bash -o pipefail -c '" + line + "' 2>errors";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Pipes, AReaderThatLeavesEndsTheProgramWithoutAWord) {
  const Workplace place;
  place.write("table.csv", labelled_table(5000));
  ASSERT_EQ(relume(place, {"train", "table.csv", "--epochs", "1", "--out", "run"}).status, 0);
  EXPECT_EQ(status_of(place, RELUME_APP " predict run/model.safetensors table.csv | head -1 >first"), 128 + SIGPIPE);
  EXPECT_EQ(lines_of(place.read("first")).size(), 1u);
  EXPECT_EQ(place.read("errors"), "");
  EXPECT_EQ(status_of(place, RELUME_APP " predict run/model.safetensors table.csv >/dev/full"), 2);
  EXPECT_EQ(lines_of(place.read("errors")).size(), 1u) << place.read("errors");
  EXPECT_EQ(status_of(place, RELUME_APP " predict run/model.safetensors table.csv >&-"), 2);
}

TEST(ReadOnlyFolder, IsAsGoodAsAnotherForWhatGoesElsewhere) {
  const Workplace place;
  place.write("here/table.csv", labelled_table(60));
  std::filesystem::permissions(place / "here", std::filesystem::perms(0555));
  const std::string run = (place / "run").string();
  Setting there;
  there.folder = "here";
  there.powerless = true;
  EXPECT_EQ(relume(place, {"train", "table.csv", "--epochs", "1", "--out", run}, there).status, 0);
  EXPECT_EQ(relume(place, {"predict", run + "/model.safetensors", "table.csv"}, there).status, 0);
  const Outcome refused = relume(place, {"train", "table.csv", "--epochs", "1"}, there);
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(lines_of(refused.err).size(), 1u) << refused.err;
  std::filesystem::permissions(place / "here", std::filesystem::perms(0755));
}

}  // namespace
}  // namespace relume::app
