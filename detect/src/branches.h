// The branches of the detector and what they say of a recording: used alike in training, where the
// parts are fitted fold by fold, and in judging.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio_features.h"
#include "brandiron/models/segment_net.h"
#include "closed_form.h"

namespace brandiron::detect {

/// The questions that the network answers, and their answers in order.
enum Question : std::size_t { kOrigin, kFamily, kVocals, kInstrumental };
enum Origin : int { kHuman, kAi, kResynthesised };
inline const std::vector<std::string> kFamilies = {"none",    "hifigan", "encodec", "dac",
                                                   "nearest", "istft",   "other"};
std::vector<int> question_sizes();

/// Score of a stretch of time, before calibration.
struct StepScore {
  double time_s = 0;     ///< its centre
  double synthetic = 0;  ///< log odds of synthetic (AI or re-synthesised) against human
  double attention = 0;
};

/// What the network says of one recording: attention over all time steps of all segments.
struct NetworkScores {
  std::vector<double> outputs;  ///< logits of all questions
  std::vector<double> embedding;
  std::vector<double> segment_start_s, segment_synthetic;
  std::vector<StepScore> steps;  ///< in order of time; of overlapping segments all
  std::size_t silent = 0;

  double synthetic() const;      ///< log odds of (AI or re-synthesised) : human
  double resynthesised() const;  ///< log odds of re-synthesised : AI
};

/// @param hop_windows between segments. @throws Error(kInvalidArgument) when all are silent.
NetworkScores run_network(const models::SegmentNet& net, const LogMel& mel,
                          const FeatureConfig& features, std::size_t hop_windows);

/// One softmax of `outputs`.
std::vector<double> answer(std::span<const double> outputs, Question question);

/// What is fitted in closed form beside a network.
struct ClosedForms {
  LogisticModel texture, texture_resynthesised;
  std::vector<CombTemplate> combs;  ///< known ones, then one learnt for each family
  LogisticModel comb, lines;
  /// One a decoder family, in the order of kFamilies, of texture, combs and lines: this family
  /// against the others, given synthetic sound. Empty where there was too little to learn from.
  std::vector<LogisticModel> families = std::vector<LogisticModel>(kFamilies.size());
  Gaussian human;  ///< of embedding and texture of human music

  std::string to_json() const;
  /// @throws Error(kModel)
  static ClosedForms from_json(const std::string& text);
};

/// All that the branches say of one recording.
struct BranchScores {
  /// Log odds synthetic : human, uncalibrated.
  double network = 0, texture = 0, comb = 0, lines = 0;
  double novelty = 0;  ///< log distance from human music
  double network_resynthesised = 0, texture_resynthesised = 0;
  LineMatch line_match;  ///< the strongest lines of known strides
  CombMatch comb_match;  ///< the strongest known comb
  std::string comb_name;
  double comb_spacing_hz = 0;    ///< as found, speed included
  std::vector<double> families;  ///< shares in the order of kFamilies, given synthetic sound
};

/// Texture with missing bands filled by the mean of the fit, as a row.
std::vector<double> texture_row(const Texture& texture, const LogisticModel& model);
std::vector<CombMatch> match_combs(const CombSpectrum& spectrum,
                                   const std::vector<CombTemplate>& combs);
inline constexpr std::size_t kCombNumbers = 4;  ///< that comb_row gives of each match
std::vector<double> comb_row(const std::vector<CombMatch>& matches);
inline constexpr std::size_t kLineNumbers = 8;  ///< that lines_row gives
std::vector<double> lines_row(const StrideMatches& matches);

/// Texture, then what comb_row and lines_row give, then each stride.
std::vector<double> family_row(std::vector<double> texture, const std::vector<CombMatch>& matches,
                               const StrideMatches& strides);
/// Its length; without combs it is the texture alone.
std::size_t family_width(std::size_t num_combs);
std::vector<double> human_row(const NetworkScores& network, const Texture& texture,
                              const LogisticModel& model);

BranchScores run_branches(const NetworkScores& network, const AudioFeatures& features,
                          const ClosedForms& forms);

/// What the fusion sees. Without the combs their two columns are 0. Novelty counts up to
/// `novelty_cap`, past which nothing is called human in any case: one odd recording must not
/// outweigh what all else says. Texture counts within novelty: by itself it says of systems that
/// nobody has heard the opposite of what it says of ours.
std::vector<double> fusion_row(const BranchScores& scores, bool with_comb, double novelty_cap);
std::vector<double> resynthesis_row(const BranchScores& scores);

}  // namespace brandiron::detect
