#pragma once

#include "brandiron/core/thread_clock.h"

namespace brandiron::gen {

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
