#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace brandiron::experiments {

struct LimitedChildOptions {
  double timeout_s = 600;                            ///< then it and all it started are killed
  std::size_t most_output = std::size_t{256} << 20;  ///< bytes of standard output
  std::size_t most_words = 4096;  ///< bytes of standard error that are kept: its end
};

struct LimitedChildResult {
  int status = 0;  ///< exit status; 128 + signal when killed
  bool timed_out = false;
  bool too_much = false;  ///< killed for what it printed
  std::string output;     ///< standard output
  std::string words;      ///< the end of standard error
  double wall_s = 0;
  double cpu_s = 0;  ///< user and system time of the child and of what it waited for
};

/// Runs a program found on PATH in a process group of its own, without a shell, standard input
/// empty. It does not outlive this process. Thread safe.
/// @throws Error(kUnsupported) when it cannot be started.
LimitedChildResult run_limited_child(const std::vector<std::string>& words,
                                     const LimitedChildOptions& options = {});

}  // namespace brandiron::experiments
