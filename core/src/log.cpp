#include "brandiron/core/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace brandiron {
namespace {

std::atomic<LogLevel> current_level{LogLevel::kWarning};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "brandiron", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("brandiron: %^%l%$: %v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

bool enabled(LogLevel level) { return level <= current_level.load(); }

}  // namespace

void set_log_level(LogLevel level) { current_level = level; }
LogLevel log_level() { return current_level; }

void log_error(const std::string& message) {
  if (enabled(LogLevel::kError)) logger().error("{}", message);
}
void log_warning(const std::string& message) {
  if (enabled(LogLevel::kWarning)) logger().warn("{}", message);
}
void log_info(const std::string& message) {
  if (enabled(LogLevel::kInfo)) logger().info("{}", message);
}
void log_debug(const std::string& message) {
  if (enabled(LogLevel::kDebug)) logger().debug("{}", message);
}

}  // namespace brandiron
