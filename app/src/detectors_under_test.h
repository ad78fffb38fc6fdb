#pragma once

#include <memory>
#include <string>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::app {

/// The detector of this program. `weights` "" are those shipped; `places`: with a score a second,
/// as `detect --segments` gives it, which costs more.
/// @throws Error(kModel).
std::shared_ptr<const experiments::StudiedDetector> built_in_detector(const std::string& name,
                                                                      const std::string& weights,
                                                                      bool places, int jobs);

/// Somebody else's network: float[1, N] at `rate_hz` -> logit. @throws Error(kModel).
std::shared_ptr<const experiments::StudiedDetector> torch_script_detector(const std::string& name,
                                                                          const std::string& file,
                                                                          int rate_hz, int jobs);

}  // namespace brandiron::app
