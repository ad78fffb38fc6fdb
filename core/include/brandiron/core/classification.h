// How well a score tells two classes apart. Larger scores speak for the positive class; an item is
// flagged when its score lies above a threshold, never when it equals it.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace brandiron {

/// Log odds to a probability.
double sigmoid(double log_odds);

/// Area under the ROC curve: P(positive > negative) + P(equal) / 2. 0.5 when a class is empty.
double roc_auc(std::span<const double> positives, std::span<const double> negatives);

/// Where false alarms and misses cross, by linear interpolation. 0.5 when a class is empty.
double roc_equal_error_rate(std::span<const double> positives, std::span<const double> negatives);

/// 95 % score interval of `k` in `n`; {0, 1} for n = 0.
/// @see E. B. Wilson, "Probable inference, the law of succession", JASA 22, 1927.
std::pair<double, double> wilson_95(double k, double n);

/// The smallest threshold that flags at most floor(rate * n) of `negatives`: the score of the first
/// that may not be flagged. Lowest double when all may be, or there are none.
double threshold_at(std::span<const double> negatives, double rate);

/// Share of `scores` above `threshold`; 0 of none.
double share_above(std::span<const double> scores, double threshold);

/// Whether `independent` negatives can support a false-positive rate: none flagged among n bounds
/// the rate by 3 / n (the rule of three, 95 %), so that n >= 3 / rate is needed.
bool rate_supported(double rate, std::size_t independent);

/// A class of probabilities in [0, 1] against what is true, classes weighted alike.
/// Expected calibration error in ten equal bins. 1 when a class is empty.
double balanced_calibration_error(std::span<const double> positives,
                                  std::span<const double> negatives);
/// Mean squared distance to 1 and 0. 1 when a class is empty.
double balanced_brier_score(std::span<const double> positives, std::span<const double> negatives);

/// One bin of a reliability diagram.
struct ReliabilityBin {
  double confidence = 0;  ///< mean probability said
  double truth = 0;       ///< share of positives, classes weighted alike
  double weight = 0;      ///< share of all, classes weighted alike
  std::size_t positives = 0, negatives = 0;
};
/// Ten equal bins, empty ones left out.
std::vector<ReliabilityBin> reliability(std::span<const double> positives,
                                        std::span<const double> negatives);

/// Share of the flagged that are positive, when a share `prevalence` of all is. 0 when nothing is
/// flagged.
double precision_at(double true_positive_rate, double false_positive_rate, double prevalence);

}  // namespace brandiron
