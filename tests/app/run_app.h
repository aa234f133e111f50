// Runs the command line and catches what it says.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace relume::app {

/// A folder that is gone with the test; programs run in it.
class Workplace {
 public:
  Workplace();
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view bytes) const;
  std::string read(const std::string& name) const;
  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
  /// All that lies in the folder, relative to it, sorted.
  std::vector<std::string> files() const;

 private:
  std::filesystem::path path_;
};

struct Outcome {
  int status = 0;  ///< of exit; 128 + the signal where one ended it
  std::string out, err;
  long peak_kib = 0;  ///< largest memory
};

struct Setting {
  std::string input = {};
  long largest_file = 0;                          ///< bytes that a file may grow to; 0: no limit
  std::string stdout_to = {};                     ///< a file instead of `out`
  std::string stderr_to = {};                     ///< the same for `err`
  bool stderr_broken = false;                     ///< a pipe that nobody reads
  std::vector<int> closed = {};                   ///< streams that the app begins without
  bool powerless = false;                         ///< root may then not write where permissions forbid it
  std::string folder = {};                        ///< of the workplace, to begin in
  std::vector<std::pair<int, long>> limits = {};  ///< RLIMIT_… and what it is to be
  std::vector<std::string> environment = {};      ///< NAME=value beside what there is; NAME alone is taken away
};

/// The app with these arguments, running.
class RunningApp {
 public:
  RunningApp(const Workplace& place, const std::vector<std::string>& arguments, const Setting& setting = {});
  void interrupt() const;
  void send(int signal) const;
  Outcome wait();

 private:
  pid_t process_;
  int out_, err_;
};

inline Outcome relume(const Workplace& place, const std::vector<std::string>& arguments, const Setting& setting = {}) {
  return RunningApp(place, arguments, setting).wait();
}

std::vector<std::string> lines_of(const std::string& text);
std::string last_line(const std::string& text);

/// 300 rows: x1, x2, a colour, and whether x1 + x2 > 0 as yes or no.
std::string labelled_table(int rows = 300);
/// x1, x2 and y = 1000 + 50 x1 − 20 x2.
std::string measured_table(int rows = 300);

}  // namespace relume::app
