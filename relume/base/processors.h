// Private. How many processors this process may keep busy.
#pragma once

#include <string>

namespace relume {

/// Processors that the process may run on, and no more than its quota of their time, to the nearest whole number: at
/// 1.5 a second thread still gains half, at 1.2 it would mostly be stopped. At least 1.
int processors();

/// The least quota of processor time among the process's control group and those above it, in processors; infinity
/// where none is set. Both versions of control groups are read (cpu.max; cpu.cfs_quota_us and cpu.cfs_period_us), from
/// the file system that begins at the folder `root`.
double processor_quota(const std::string& root = "");

}  // namespace relume
