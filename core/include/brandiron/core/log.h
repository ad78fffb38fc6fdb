#pragma once

#include <string>

namespace brandiron {

enum class LogLevel { kQuiet, kError, kWarning, kInfo, kDebug };

/// Process-wide verbosity; logs go to standard error only. Default kWarning.
void set_log_level(LogLevel level);
LogLevel log_level();
void log_error(const std::string& message);
void log_warning(const std::string& message);
void log_info(const std::string& message);
void log_debug(const std::string& message);

}  // namespace brandiron
