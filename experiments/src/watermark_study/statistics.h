#pragma once

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

struct Interval {
  double low = 0, high = 1;
};

/// Wilson's 95 % interval of k in n. @see E. B. Wilson, JASA 22, 1927.
Interval wilson(double k, double n);

/// One point of a detection error trade-off: at this threshold of the score, larger says marked.
struct DetPoint {
  double threshold = 0, false_positive = 0, miss = 0;
};

/// All distinct points, thresholds falling, so false positives rise and misses fall.
std::vector<DetPoint> det_curve(std::vector<double> marked, std::vector<double> unmarked);

}  // namespace brandiron::experiments
