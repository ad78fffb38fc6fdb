#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace brandiron {

/// Progress of long work on standard error: a bar with rate and ETA on a terminal, else one plain
/// line every ten seconds. Thread safe. Silent when disabled (`--no-progress`, `-q`).
class Progress {
 public:
  /// `total` items of `unit` ("songs", "steps"); 0 means unknown.
  Progress(std::string title, std::uint64_t total, std::string unit = "items");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t n = 1, const std::string& note = "");
  /// Ends the display with a final line; called by the destructor if need be.
  void finish();

  static void set_enabled(bool enabled);

 private:
  void draw(bool final);
  std::string line() const;

  std::string title_, unit_, note_;
  std::uint64_t total_, done_ = 0;
  std::chrono::steady_clock::time_point start_, last_draw_;
  bool terminal_, finished_ = false;
  std::mutex mutex_;
};

/// "1:02:03", "4:05" or "12 s".
std::string format_duration(double seconds);

}  // namespace brandiron
