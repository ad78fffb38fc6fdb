#pragma once

#include <ctime>

namespace brandiron::gen {

/// CPU seconds this thread has used; differences give the cost of a stage.
inline double thread_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Adds the CPU time of its own lifetime to a total.
class StageTimer {
 public:
  explicit StageTimer(double& total) : total_(total), start_(thread_cpu_s()) {}
  ~StageTimer() { total_ += thread_cpu_s() - start_; }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  double& total_;
  double start_;
};

}  // namespace brandiron::gen
