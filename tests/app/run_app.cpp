#include "tests/app/run_app.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/rng.h"

namespace relume::app {
namespace {

int unnamed_file() {
  std::string name = (std::filesystem::temp_directory_path() / "relume_app_XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) throw std::runtime_error("no temporary file");
  ::unlink(name.c_str());
  return file;
}

std::string take(int file) {
  std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  ::lseek(file, 0, SEEK_SET);
  for (std::size_t got = 0; got < text.size();) {
    const ssize_t n = ::read(file, text.data() + got, text.size() - got);
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  ::close(file);
  return text;
}

}  // namespace

Workplace::Workplace() {
  std::string name = (std::filesystem::temp_directory_path() / "relume_app_XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Workplace::~Workplace() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Workplace::write(const std::string& name, std::string_view bytes) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << bytes;
}

std::string Workplace::read(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Workplace::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
    names.push_back(std::filesystem::relative(entry.path(), path_).string());
  std::ranges::sort(names);
  return names;
}

RunningApp::RunningApp(const Workplace& place, const std::vector<std::string>& arguments, const Setting& setting)
    : out_(unnamed_file()), err_(unnamed_file()) {
  const int in = unnamed_file();
  if (::write(in, setting.input.data(), setting.input.size()) < 0) throw std::runtime_error("no input");
  ::lseek(in, 0, SEEK_SET);
  std::vector<char*> argv{const_cast<char*>(RELUME_APP)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    if (::chdir((place / setting.folder).c_str()) != 0) ::_exit(99);
    if (setting.largest_file > 0) {
      const rlimit limit{static_cast<rlim_t>(setting.largest_file), static_cast<rlim_t>(setting.largest_file)};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    const int out = setting.stdout_to.empty() ? out_ : ::open(setting.stdout_to.c_str(), O_WRONLY);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(setting.stderr_to.empty() ? err_ : ::open(setting.stderr_to.c_str(), O_WRONLY), STDERR_FILENO);
    if (int ends[2]; setting.stderr_broken && ::pipe(ends) == 0) {
      ::close(ends[0]);
      ::dup2(ends[1], STDERR_FILENO);
    }
    for (const int stream : setting.closed) ::close(stream);
    if (setting.powerless) {
      ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT);
      __user_cap_header_struct version{_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct none[2] = {};
      ::syscall(SYS_capset, &version, none);
    }
    for (const auto& [what, value] : setting.limits) {
      const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
      if (::setrlimit(static_cast<__rlimit_resource_t>(what), &limit) != 0) ::_exit(98);
    }
    for (const std::string& assignment : setting.environment) ::putenv(const_cast<char*>(assignment.c_str()));
    ::execv(RELUME_APP, argv.data());
    ::_exit(99);
  }
  ::close(in);
}

void RunningApp::interrupt() const { send(SIGINT); }

void RunningApp::send(int signal) const { ::kill(process_, signal); }

Outcome RunningApp::wait() {
  int status = 0;
  rusage usage{};
  ::wait4(process_, &status, 0, &usage);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = take(out_),
          .err = take(err_),
          .peak_kib = usage.ru_maxrss};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string last_line(const std::string& text) {
  const auto lines = lines_of(text);
  return lines.empty() ? "" : lines.back();
}

std::string labelled_table(int rows) {
  constexpr const char* colours[] = {"red", "green", "blue"};
  Rng rng(7);
  std::string text = "x1,x2,colour,label\n";
  for (int i = 0; i < rows; ++i) {
    const double a = rng.normal(), b = rng.normal();
    text += fmt::format("{:.4f},{:.4f},{},{}\n", a, b, colours[i % 3], a + b > 0 ? "yes" : "no");
  }
  return text;
}

std::string measured_table(int rows) {
  Rng rng(8);
  std::string text = "x1,x2,y\n";
  for (int i = 0; i < rows; ++i) {
    const double a = rng.normal(), b = rng.normal();
    text += fmt::format("{:.4f},{:.4f},{:.3f}\n", a, b, 1000 + 50 * a - 20 * b);
  }
  return text;
}

}  // namespace relume::app
