#include "relume/base/processors.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace relume {
namespace {

namespace fs = std::filesystem;

/// A file system of its own, with what the kernel shows of control groups.
class Machine {
 public:
  Machine() { fs::create_directories(root_); }
  ~Machine() { fs::remove_all(root_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Machine& has(const std::string& file, const std::string& text) {
    const fs::path path = root_.string() + file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return *this;
  }
  double quota() const { return processor_quota(root_.string()); }

 private:
  static fs::path fresh() {
    static int count = 0;
    return fs::temp_directory_path() /
           ("relume_processors_" + std::to_string(getpid()) + "_" + std::to_string(++count));
  }

  fs::path root_ = fresh();
};

constexpr const char* unified =
    "22 1 0:21 / /proc rw - proc proc rw\n"
    "30 23 0:26 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* separate =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

TEST(ProcessorQuota, IsUnlimitedWhereNothingIsSaid) {
  EXPECT_TRUE(std::isinf(Machine().quota()));
  Machine machine;
  machine.has("/proc/self/mountinfo", unified).has("/proc/self/cgroup", "0::/user/job\n");
  EXPECT_TRUE(std::isinf(machine.quota()));
  machine.has("/sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
  EXPECT_TRUE(std::isinf(machine.quota()));
  machine.has("/sys/fs/cgroup/user/job/cpu.max", "nonsense\n").has("/proc/self/cgroup", "what\n0::/user/job\n:\n");
  EXPECT_TRUE(std::isinf(machine.quota()));
}

TEST(ProcessorQuota, IsTheLeastOfTheGroupAndThoseAboveIt) {
  Machine machine;
  machine.has("/proc/self/mountinfo", unified)
      .has("/proc/self/cgroup", "0::/a/b/c\n")
      .has("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n")
      .has("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n")
      .has("/sys/fs/cgroup/a/cpu.max", "75000 50000\n");
  EXPECT_EQ(machine.quota(), 1.5);
  machine.has("/sys/fs/cgroup/a/b/c/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine.quota(), 0.5);
}

TEST(ProcessorQuota, OfAContainerStandsWhereItsGroupsBegin) {
  Machine machine;
  machine.has("/proc/self/mountinfo", unified)
      .has("/proc/self/cgroup", "0::/\n")
      .has("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(machine.quota(), 2);
  machine.has("/proc/self/cgroup", "0::/../../elsewhere\n");
  EXPECT_EQ(machine.quota(), 2);
}

TEST(ProcessorQuota, IsReadFromTheFirstVersionToo) {
  Machine machine;
  machine.has("/proc/self/mountinfo", separate)
      .has("/proc/self/cgroup", "4:cpuset:/other\n2:cpu,cpuacct:/docker/f00\n0::/\n")
      .has("/sys/fs/cgroup/cpuset/other/cpu.cfs_quota_us", "1000\n")
      .has("/sys/fs/cgroup/cpuset/other/cpu.cfs_period_us", "100000\n")
      .has("/sys/fs/cgroup/cpu,cpuacct/docker/f00/cpu.cfs_quota_us", "-1\n")
      .has("/sys/fs/cgroup/cpu,cpuacct/docker/f00/cpu.cfs_period_us", "100000\n");
  EXPECT_TRUE(std::isinf(machine.quota()));
  machine.has("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "300000\n")
      .has("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(machine.quota(), 3);
}

TEST(ProcessorQuota, IsFoundWhereAContainerMountsItsOwnGroupAlone) {
  Machine machine;
  machine.has("/proc/self/mountinfo", "40 31 0:29 /docker/f00 /sys/fs/cgroup/cpu ro master:9 - cgroup cgroup rw,cpu\n")
      .has("/proc/self/cgroup", "2:cpu:/docker/f00/inner\n")
      .has("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "-1\n")
      .has("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n")
      .has("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(machine.quota(), 2.5);
  machine.has("/proc/self/cgroup", "2:cpu:/docker/f00b\n");
  EXPECT_EQ(machine.quota(), 2.5);
}

TEST(Processors, AreAtLeastOne) { EXPECT_GE(processors(), 1); }

}  // namespace
}  // namespace relume
