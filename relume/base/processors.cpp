// Compiled for size.
#include "relume/base/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace relume {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

std::vector<std::string> words_of(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, separator);) words.push_back(word);
  return words;
}

bool names_cpu(const std::string& list) {
  const std::vector<std::string> names = words_of(list, ',');
  return std::find(names.begin(), names.end(), "cpu") != names.end();
}

/// A line of /proc/self/mountinfo: id, parent, device, root, place, options, tags…, "-", kind, source, options.
struct Mount {
  std::string root, place, kind;
  bool has_cpu = false;

  explicit Mount(const std::string& line) {
    const std::vector<std::string> words = words_of(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) return;
    root = words[3];
    place = words[4];
    kind = dash[1];
    has_cpu = names_cpu(dash[3]);
  }
};

/// quota / period, where both are numbers and the quota is one at all.
double ratio(double quota, double period) { return quota > 0 && period > 0 ? quota / period : unlimited; }

double quota_of_folder(const std::string& folder) {
  double quota = 0, period = 0;
  if (std::ifstream max(folder + "/cpu.max"); max >> quota >> period)
    return ratio(quota, period);  // "max" is no number
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period) return ratio(quota, period);
  return unlimited;
}

/// Of the group and all above it that are seen at the mount.
double quota_of_group(const std::string& root, const Mount& mount, const std::string& group) {
  // A container may see its own group alone, at the mount's place.
  std::string below;
  if (mount.root == "/")
    below = group;
  else if (group.starts_with(mount.root) && (group.size() == mount.root.size() || group[mount.root.size()] == '/'))
    below = group.substr(mount.root.size());
  if (below.find("/..") != std::string::npos) below.clear();
  const std::string place = root + mount.place;
  std::string folder = place + below;
  double quota = quota_of_folder(folder);
  while (folder.size() > place.size()) {
    folder.resize(std::max(place.size(), folder.rfind('/')));
    quota = std::min(quota, quota_of_folder(folder));
  }
  return quota;
}

int processors_to_run_on() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

double processor_quota(const std::string& root) {
  std::vector<Mount> mounts;
  std::ifstream mount_lines(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mount_lines, line);)
    if (Mount mount(line); mount.kind == "cgroup2" || (mount.kind == "cgroup" && mount.has_cpu))
      mounts.push_back(std::move(mount));
  double quota = unlimited;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // id:controllers:group
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !names_cpu(controllers)) continue;
    for (const Mount& mount : mounts)
      if ((mount.kind == "cgroup2") == controllers.empty())
        quota = std::min(quota, quota_of_group(root, mount, line.substr(second + 1)));
  }
  return quota;
}

int processors() {
  const int all = processors_to_run_on();
  const double quota = processor_quota();
  return quota >= all ? all : std::max(1, static_cast<int>(std::lround(quota)));
}

}  // namespace relume
