#include "apps/relume/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <unistd.h>

#include "apps/relume/print.h"
#include "apps/relume/say.h"

namespace relume::app {
namespace {

constexpr std::int64_t most_lines = 200;

std::string duration(double seconds) {
  const auto s = std::lround(seconds);
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
}

std::string bar(double share, int width) {
  const long full = std::lround(share * width);
  std::string text;
  for (int i = 0; i < width; ++i) text += i < full ? "━" : "─";
  return text;
}

}  // namespace

ProgressDisplay::ProgressDisplay(data::Task task, bool quiet)
    : terminal_(isatty(STDERR_FILENO) != 0), quiet_(quiet), task_(task) {}

void ProgressDisplay::show(const training::Progress& p) {
  if (quiet_ || !terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double done =
      (static_cast<double>(p.epoch - 1) + static_cast<double>(p.batch) / static_cast<double>(p.batches)) /
      static_cast<double>(p.epochs);
  const std::string eta = done > 0 ? duration(p.seconds / done * (1 - done)) : "?";
  std::string line = fmt::format("epoch {}/{} ", p.epoch, p.epochs);
  const std::string facts = fmt::format(" loss {:.4f}  {}  lr {:.2g}  dead {:.1f} %  ETA {}", p.loss, last_epoch_, p.lr,
                                        100 * dead_share_, eta);
  const int room = terminal_width(STDERR_FILENO).value_or(80) - 1 - static_cast<int>(line.size());
  const int bar_width = std::clamp(room - static_cast<int>(facts.size()), 0, 30);
  line += bar(done, bar_width) + facts.substr(0, static_cast<std::size_t>(std::max(room - bar_width, 0)));
  put_on_stderr(fmt::format("\r{}\x1b[K", line));
}

void ProgressDisplay::show(const training::EpochRow& row, std::int64_t epochs) {
  if (quiet_) return;
  const bool classes = task_ == data::Task::classification;
  last_epoch_ = row.valid.rows == 0 ? ""
                : classes           ? fmt::format("valid accuracy {:.4f}", row.valid.accuracy)
                                    : fmt::format("valid rmse {:.5g}", row.valid.rmse);
  dead_share_ = row.dead_share;
  if (terminal_) return;
  // Hundreds of lines are enough to follow a run by; metrics.csv has every epoch.
  const std::int64_t interval = (epochs + most_lines - 1) / most_lines;
  if (row.epoch > 1 && row.epoch < epochs && row.epoch % interval != 0) return;
  const std::string valid =
      row.valid.rows == 0 ? "" : fmt::format("  valid loss {:.4f}  {}", row.valid.loss, last_epoch_);
  say("epoch {}/{}  loss {:.4f}{}  lr {:.2g}  dead {:.1f} %  {:.1f}s", row.epoch, epochs, row.train_loss, valid, row.lr,
      100 * row.dead_share, row.seconds);
}

void ProgressDisplay::show(const health::Finding& finding) {
  if (quiet_) return;
  finish();
  say("{}  {}", health::name(finding.severity), health::to_string(finding, health::Voice::command_line));
}

void ProgressDisplay::show(const std::string& cure) {
  if (quiet_) return;
  finish();
  say("cure  {}", cure);
}

void ProgressDisplay::finish() {
  if (!quiet_ && terminal_) put_on_stderr("\r\x1b[K");
}

}  // namespace relume::app
