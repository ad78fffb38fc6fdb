#pragma once

#include <string>
#include <vector>

namespace brandiron::experiments {

struct ChildResult {
  int status = 0;      ///< exit status; 128 + signal when killed
  std::string output;  ///< standard output and standard error together
  double cpu_s = 0;    ///< user and system time of the child and of what it waited for
};

/// Runs a program found on PATH, without a shell, standard input empty. Thread safe.
/// @throws Error(kUnsupported) when it cannot be started.
ChildResult run_child(const std::vector<std::string>& words);

/// Words of a command line: split at blanks; double quotes keep blanks and go.
std::vector<std::string> split_words(const std::string& line);

/// Full path of a program on PATH, "" when there is none.
std::string find_program(const std::string& name);

}  // namespace brandiron::experiments
