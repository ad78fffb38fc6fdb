// What a training run found, as metrics.json, scores.csv and the model card.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "brandiron/detect/detector.h"
#include "fit_parts.h"
#include "track_list.h"
#include "train_plan.h"

namespace brandiron::detect {

/// The score of one copy of one recording by a network that has not seen its source (folds), its
/// decoder family (families) or its title (test).
struct ScoreRow {
  std::size_t track = 0;
  int fold = -1;
  std::string copy;  ///< "variant-2", "plain-0", "mp3_64"
  std::string chain;
  bool marked = false;
  HeldOut branches;
  double llr = 0, llr_without_comb = 0, resynthesised = 0;
  bool above = false;  ///< at or above the boundary of "ai", whatever the verdict
  std::string verdict;
  double p_vocals_ai = 0, p_instrumental_ai = 0;
};

/// Where synthetic stretches are in a hybrid as it was heard, and where they were found.
struct PlaceRow {
  std::size_t track = 0;
  std::string copy;
  double duration_s = 0;
  std::vector<SourceSpan> truth;
  std::vector<StepScore> steps;
  std::vector<DetectSegment> curve;
  std::vector<SyntheticSpan> spans;
};

struct TrainingResults {
  TrainPlan plan;
  std::vector<Track> tracks;
  std::vector<std::string> unreadable;
  std::vector<ScoreRow> folds, families, test;
  std::vector<PlaceRow> held_out_places, places;  ///< of the folds (treated), of the test
  Calibration calibration;
  std::map<std::string, double> content_free_auc;  ///< raw, treated, canonical
  std::vector<double> permuted_aucs;               ///< of the texture branch, labels dealt anew
  std::map<std::string, double> seconds;           ///< by stage
  bool marked_half = false;
  std::string config_sha256, weights_sha256;
  std::size_t weights_bytes = 0, num_parameters = 0;
};

/// Schema brandiron.detector-metrics/1. Bootstraps: make them once.
nlohmann::ordered_json training_metrics(const TrainingResults& results);
std::string scores_csv(const TrainingResults& results);
/// Fills the `{{...}}` of a template. @throws Error(kFormat) for a name that is not known.
std::string model_card(const TrainingResults& results, const nlohmann::ordered_json& metrics,
                       const std::string& card_template);
std::string summary_text(const TrainingResults& results, const nlohmann::ordered_json& metrics);

}  // namespace brandiron::detect
