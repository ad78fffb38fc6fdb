// What a training run found, as metrics.json, scores.csv and the model card.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "detector_model.h"
#include "track_list.h"
#include "train_plan.h"

namespace brandiron::detect {

/// The score of one copy of one recording by a network that has not seen its source (folds) or its
/// title (test).
struct ScoreRow {
  std::size_t track = 0;
  std::string copy;  ///< "variant-2", "mp3_64"
  std::string chain;
  bool marked = false;
  double logit = 0, llr = 0;
  std::string verdict;
};

struct TrainingResults {
  TrainPlan plan;
  std::vector<Track> tracks;
  std::vector<std::string> unreadable;
  std::vector<ScoreRow> folds, test;
  Calibration calibration;
  std::map<std::string, double> content_free_auc;  ///< raw, treated, canonical
  std::map<std::string, double> seconds;           ///< by stage
  bool marked_half = false;
  std::string config_sha256, weights_sha256;
  std::size_t weights_bytes = 0, num_parameters = 0;
};

/// Schema brandiron.detector-metrics/1.
std::string metrics_json(const TrainingResults& results);
std::string scores_csv(const TrainingResults& results);
/// Fills the `{{...}}` of a template. @throws Error(kFormat) for a name that is not known.
std::string model_card(const TrainingResults& results, const std::string& card_template);
std::string summary_text(const TrainingResults& results);

}  // namespace brandiron::detect
