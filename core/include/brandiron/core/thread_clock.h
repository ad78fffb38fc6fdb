#pragma once

#include <ctime>

namespace brandiron {

/// CPU seconds this thread has used; differences give the cost of a stage.
inline double thread_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace brandiron
