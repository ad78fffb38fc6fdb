#pragma once

#include <stdexcept>
#include <string>

namespace brandiron {

/// What kind of thing went wrong; the command line maps each to an exit code (`exit_code`).
enum class ErrorCode {
  kInvalidArgument,  ///< a caller's or user's value is out of range
  kConfig,           ///< a configuration file or `--set` cannot be used as written
  kIo,               ///< a file cannot be opened, read or written
  kFormat,           ///< bytes were read but are not what they claim to be
  kModel,            ///< weights are missing or do not fit
  kUnsupported,      ///< this build, machine or codec cannot do it
  kOutput,           ///< output cannot be written: permission, disk full, exists already
  kRetry,            ///< pre-empted or out of a shared resource; try again
  kInternal,         ///< a bug
};

/// The only exception Brandiron throws. Messages are one line: what, where, found, expected,
/// remedy.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Short machine-readable name: "invalid-argument", "config", "io", "format", "model", ...
const char* error_code_name(ErrorCode code) noexcept;

/// The process exit code of docs/cli.md: 2 usage or config, 3 bad input, 70 bug, 74 output, 75
/// retry.
int exit_code(ErrorCode code) noexcept;

}  // namespace brandiron
