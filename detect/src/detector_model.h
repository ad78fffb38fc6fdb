// A trained detector as one file: network, features, calibration and what supports its threshold.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/models/segment_net.h"
#include "log_mel_features.h"
#include "statistics.h"

namespace brandiron::detect {

/// A decision boundary on the log likelihood ratio and the trials behind it.
struct Boundary {
  double llr = 0;
  int errors = 0;     ///< recordings on the wrong side, among ...
  int n = 0;          ///< ... this many of held-out sources
  double rate = 1.0;  ///< error rate it may claim (claimable_rate)
};

/// Everything learnt after the network, on sources that it had not seen.
struct Calibration {
  PlattScaling track, segment;
  Boundary ai;                     ///< at or above: "ai"; errors are human recordings
  Boundary human;                  ///< at or below: "human"; errors are synthetic recordings
  std::vector<double> human_llrs;  ///< held-out human recordings, sorted

  std::string to_json() const;
  /// @throws Error(kModel)
  static Calibration from_json(const std::string& text);
};

/// Where the verdict lies: "ai", "human" or "undecided".
std::string verdict_of(double llr, const Calibration& calibration);

/// Chooses both boundaries.
/// @param ai, human  log likelihood ratios of held-out recordings, one an independent recording
/// @param target_rate  errors allowed: floor(target_rate * n)
/// @param least_llr    no verdict is given inside (-least_llr, least_llr), whatever the data say
void choose_boundaries(Calibration& calibration, std::span<const double> ai,
                       std::span<const double> human, double target_rate, double least_llr);

struct DetectorModel {
  std::string name = "brandiron-detector", version, scope, sha256;
  FeatureConfig features;
  Calibration calibration;
  models::SegmentNet net;
  std::map<std::string, std::string> notes;  ///< licence, training_run, ... for the metadata

  /// @throws Error(kModel) with the path.
  static DetectorModel load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path, bool overwrite) const;
};

}  // namespace brandiron::detect
