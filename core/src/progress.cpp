#include "brandiron/core/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "brandiron/core/log.h"

namespace brandiron {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(10);
constexpr std::size_t kBarCells = 24;

std::atomic<bool> g_enabled{true};

bool shown() { return g_enabled.load() && log_level() != LogLevel::kQuiet; }

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string bar(double fraction) {
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(kBarCells));
  std::string text(1, '[');
  text.append(filled, '#').append(kBarCells - filled, '.').push_back(']');
  return text;
}

/// Three significant digits: "0.25", "3.4", "120".
std::string rate_text(double per_second, const std::string& unit) {
  char text[64];
  // Slow work reads better as minutes an item than as thousandths a second.
  if (per_second > 0 && per_second < 0.1) {
    return format_duration(1.0 / per_second) + " each";
  }
  std::snprintf(text, sizeof text, per_second < 10 ? "%.2f" : "%.0f", per_second);
  return std::string(text) + " " + unit + "/s";
}

}  // namespace

Progress::Progress(std::string title, std::uint64_t total, std::string unit)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      start_(Clock::now()),
      last_draw_(start_),
      terminal_(is_terminal()) {}

Progress::~Progress() { finish(); }

void Progress::set_enabled(bool enabled) { g_enabled = enabled; }

void Progress::add(std::uint64_t n, const std::string& note) {
  const std::lock_guard lock(mutex_);
  done_ += n;
  if (!note.empty()) note_ = note;
  const auto now = Clock::now();
  if (finished_ || now - last_draw_ < (terminal_ ? Clock::duration(kTerminalInterval)
                                                 : Clock::duration(kPlainInterval))) {
    return;
  }
  last_draw_ = now;
  draw(false);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  draw(true);
}

void Progress::draw(bool final) {
  if (!shown()) return;
  std::string text = line();
  if (!terminal_) {
    text += '\n';
  } else {
    // One row of the terminal, rewritten in place; \033[K clears what a longer row left behind.
    text.resize(std::min(text.size(), terminal_columns() - 1));
    text = "\r" + text + "\033[K" + (final ? "\n" : "");
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string Progress::line() const {
  const double elapsed_s = seconds_since(start_);
  const double done = static_cast<double>(done_);
  const double rate = elapsed_s > 0 ? done / elapsed_s : 0.0;
  std::string text = title_ + ": ";
  if (total_ > 0) {
    const double fraction = std::min(1.0, done / static_cast<double>(total_));
    if (terminal_) text += bar(fraction) + " ";
    text += std::to_string(done_) + "/" + std::to_string(total_) + " " + unit_ + " (" +
            std::to_string(static_cast<int>(100.0 * fraction)) + " %)";
  } else {
    text += std::to_string(done_) + " " + unit_;
  }
  if (done_ > 0) text += ", " + rate_text(rate, unit_);
  if (finished_) {
    text += ", took " + format_duration(elapsed_s);
  } else if (total_ > done_ && done_ > 0) {
    text += ", " + format_duration(static_cast<double>(total_ - done_) / rate) + " left";
  }
  if (!note_.empty()) text += ", " + note_;
  return text;
}

std::string format_duration(double seconds) {
  if (!(seconds >= 0)) seconds = 0;  // NaN too
  const auto total = static_cast<long long>(std::min(std::round(seconds), 1e12));
  char text[64];
  if (seconds < 9.95) {
    std::snprintf(text, sizeof text, seconds < 0.05 ? "%.0f s" : "%.1f s", seconds);
  } else if (total < 60) {
    std::snprintf(text, sizeof text, "%lld s", total);
  } else if (total < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  }
  return text;
}

}  // namespace brandiron
