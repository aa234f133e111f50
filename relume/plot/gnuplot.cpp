#include "relume/plot/gnuplot.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/require.h"

namespace relume::plot {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

TemporaryFile temporary_file() {
  TemporaryFile file(std::tmpfile());
  require<FileError>(file != nullptr, "plot: no temporary file can be made: {}", std::strerror(errno));
  return file;
}

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  char part[1 << 14];
  while (const std::size_t n = std::fread(part, 1, sizeof part, file)) text.append(part, n);
  return text;
}

std::string first_error(const std::string& complaint) {
  const std::size_t at = complaint.find("line ");
  const std::string text = at == std::string::npos ? complaint : complaint.substr(at);
  return text.substr(0, text.find('\n'));
}

/// Files instead of pipes: whatever the program reads first, neither side waits for the other.
int run(std::FILE* in, std::FILE* out, std::FILE* complaints) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, fileno(in), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(out), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(complaints), STDERR_FILENO);
  char program[] = "gnuplot";
  char* arguments[] = {program, nullptr};
  pid_t process = 0;
  const int error = posix_spawnp(&process, program, &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  require(error != ENOENT, "plot: gnuplot draws the pictures and is not installed; install the package gnuplot-nox");
  require(error == 0, "plot: gnuplot cannot be started: {}", std::strerror(error));
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  const TemporaryFile in = temporary_file(), out = temporary_file(), complaints = temporary_file();
  const bool written =
      std::fwrite(script.data(), 1, script.size(), in.get()) == script.size() && std::fflush(in.get()) == 0;
  require<FileError>(written, "plot: a temporary file cannot be written: {}", std::strerror(errno));
  std::rewind(in.get());
  const int status = run(in.get(), out.get(), complaints.get());
  require(status == 0, "plot: gnuplot failed: {}", first_error(contents(complaints.get())));
  return contents(out.get());
}

std::string gnuplot_terminal(const std::filesystem::path& path, int width, int height) {
  const std::string ending = path.extension().string();
  if (ending == ".svg")
    return fmt::format("svg size {},{} dynamic enhanced font 'sans-serif,15' background '#ffffff'", width, height);
  if (ending == ".png")
    return fmt::format("pngcairo size {},{} font 'sans,11.25' fontscale 2.5 linewidth 2.5 background '#ffffff'",
                       5 * width / 2, 5 * height / 2);
  if (ending == ".pdf")
    return fmt::format("pdfcairo size {:.2f}in,{:.2f}in font 'sans,10.8' linewidth 1", width / 100.0, height / 100.0);
  fail("plot: {} ends in \"{}\"; pictures are .svg, .png, .pdf or .html", path.string(), ending);
}

std::string gnuplot_quoted(std::string_view text) {
  // Two single quotes are one inside of a text, but for gnuplot its end where they begin it: double ones hold those.
  const std::size_t leading = std::min(text.find_first_not_of('\''), text.size());
  std::string quoted = "'";
  for (const char c : text.substr(leading)) {
    if (static_cast<unsigned char>(c) < ' ')
      quoted += ' ';
    else
      quoted.append(c == '\'' ? 2 : 1, c);
  }
  quoted += "'";
  return leading == 0 ? quoted : fmt::format("(\"{}\".{})", std::string(leading, '\''), quoted);
}

}  // namespace relume::plot
