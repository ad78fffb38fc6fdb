#pragma once

#include <string>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {

/// "0.953 [0.921, 0.975]", with the interval over recordings; "-" for none.
std::string shown(const StudyFigure& figure, int digits = 3);
/// The same with the interval over sources after a bar.
std::string shown_both(const StudyFigure& figure, int digits = 3);
/// As `shown`, in brackets with "n" when the number of human recordings does not support the rate.
std::string shown(const StudyRate& rate);
std::string shown(const std::optional<double>& value, int digits = 3);
/// "mean AUC 0.501 [0.310, 0.692] of 1000 deals to 8 sources, as high as found: p 0.004".
std::string shown(const PermutationFigures& figures);

}  // namespace brandiron::experiments
