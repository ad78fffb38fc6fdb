// Where in a recording the synthetic parts lie.
#pragma once

#include <span>
#include <vector>

#include "branches.h"
#include "brandiron/detect/detector.h"
#include "statistics.h"

namespace brandiron::detect {

/// One value a second: the mean of the steps within two and a half seconds, calibrated.
/// @param prior_logit  added to each log likelihood ratio
std::vector<DetectSegment> curve_of(std::span<const StepScore> steps, double duration_s,
                                    const PlattScaling& segment, double prior_logit);

/// The likeliest path through two states, human and synthetic, when every change between them costs
/// kSwitchCost nats: the stretches that are synthetic on it.
/// @see Viterbi, "Error bounds for convolutional codes", 1967.
std::vector<SyntheticSpan> spans_of(std::span<const StepScore> steps, double duration_s,
                                    const PlattScaling& segment, double prior_logit);

}  // namespace brandiron::detect
