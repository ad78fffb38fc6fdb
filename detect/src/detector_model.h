// A trained detector as one file: network, closed forms, calibration and what supports its
// thresholds.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "branches.h"
#include "statistics.h"

namespace brandiron::detect {

/// A decision boundary on a log likelihood ratio and the trials behind it.
struct Boundary {
  double llr = 0;
  int errors = 0;     ///< recordings on the wrong side, among ...
  int n = 0;          ///< ... this many of held-out sources
  double rate = 1.0;  ///< error rate it may claim (claimable_rate)
};

/// Everything learnt after the branches, on sources that they had not seen.
struct Calibration {
  LogisticModel fusion;       ///< fusion_row -> log odds
  PlattScaling track;         ///< of its logit
  PlattScaling segment;       ///< of the network's logit of a few seconds
  LogisticModel resynthesis;  ///< resynthesis_row -> log odds re-synthesised : AI; may be empty
  Boundary ai;                ///< at or above: "ai"; errors are human recordings
  Boundary human;             ///< at or below: "human"; errors are synthetic recordings
  /// At or above this log odds a synthetic sound may be a human recording that went through a
  /// decoder: no "ai". Errors are such recordings below it.
  Boundary resynthesised;
  Boundary novelty;                ///< above this log distance: no "human"; errors are human
  std::vector<double> human_llrs;  ///< held-out human recordings, sorted

  std::string to_json() const;
  /// @throws Error(kModel)
  static Calibration from_json(const std::string& text);
};

/// What a verdict is made from.
struct Judgement {
  double llr = 0, resynthesised = 0, novelty = 0;
};

Judgement judge(const BranchScores& scores, const Calibration& calibration, bool with_comb);

/// "ai", "human" or "undecided".
std::string verdict_of(const Judgement& judgement, const Calibration& calibration);

/// The boundary past which lie at most floor(target_rate * n) of `wrong`, on the side of `sign`
/// (+1: above), but never inside +-least.
Boundary choose_boundary(std::span<const double> wrong, double sign, double target_rate,
                         double least);

struct DetectorModel {
  std::string name = "brandiron-detector", version, scope, sha256;
  FeatureConfig features;
  ClosedForms forms;
  Calibration with_comb, without_comb;
  models::SegmentNet net;
  std::map<std::string, std::string> notes;  ///< licence, training_run, ... for the metadata

  const Calibration& calibration(bool comb) const { return comb ? with_comb : without_comb; }
  /// @throws Error(kModel) with the path.
  static DetectorModel load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path, bool overwrite) const;
};

}  // namespace brandiron::detect
