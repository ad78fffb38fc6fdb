// Error rates of a score, and what their number of trials supports.
#pragma once

#include <span>

#include "brandiron/core/classification.h"

namespace brandiron::detect {

/// Share of `positives` above the threshold that at most `rate` of `negatives` lie above.
double true_positive_rate(std::span<const double> positives, std::span<const double> negatives,
                          double rate);

/// The false-positive rate that `errors` in `n` independent trials let one claim: the one-sided 95
/// % Clopper-Pearson bound, never below 3/n (the rule of three, which it is with no error seen); 1
/// for n = 0.
double claimable_rate(int errors, int n);

/// logit -> log likelihood ratio: slope * logit + offset.
struct PlattScaling {
  double slope = 1, offset = 0;
  double apply(double logit) const { return slope * logit + offset; }
};

/// Fits Platt's sigmoid by Newton's method, both classes weighted to 1/2 (so the result is a log
/// likelihood ratio, free of how many of each were at hand), with his smoothed targets. The slope
/// is kept >= 0. @throws Error(kInvalidArgument) when a class is empty.
/// @see Platt, "Probabilistic outputs for support vector machines", 1999, section 2.2.
PlattScaling fit_platt(std::span<const double> ai_logits, std::span<const double> human_logits);

/// Expected calibration error in ten equal bins, classes weighted equally; inputs are log
/// likelihood ratios.
double expected_calibration_error(std::span<const double> ai, std::span<const double> human);

double logit(double p);
double mean(std::span<const double> values);

}  // namespace brandiron::detect
