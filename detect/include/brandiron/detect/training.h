#pragma once

#include <filesystem>
#include <string>

#include "brandiron/core/config.h"
#include "brandiron/core/marker.h"

namespace brandiron::detect {

struct TrainDetectorOptions {
  std::filesystem::path out;   ///< run folder; created. Holds the cache, checkpoints and results
  std::string device = "cpu";  ///< cpu, cuda or auto
  int jobs = 1;                ///< threads for features; training uses one
  bool resume = false;         ///< go on from the last checkpoint in `out`
  bool overwrite = false;      ///< replace the results of an earlier run in `out`
  /// Marks half of each class, so that a mark can never mean "AI". The detector sees marked audio
  /// and never a key. Null: nothing is marked, and the model card says so.
  const Marker* marker = nullptr;
};

struct TrainDetectorReport {
  std::filesystem::path weights;  ///< OUT/detector.safetensors
  std::filesystem::path metrics;  ///< OUT/metrics.json, schema brandiron.detector-metrics/1
  std::filesystem::path scores;   ///< OUT/scores.csv: every score behind the metrics
  std::filesystem::path card;     ///< OUT/model-card.md
  std::string summary;            ///< a few lines for a person
};

/// Trains, calibrates and evaluates the detector as `config` says (configs/train/detector.toml):
/// 1. lists the recordings (manifest.jsonl), 2. puts each through random treatments drawn alike for
/// both classes and keeps log-mel features, 3. trains one network per fold of held-out sources and
/// calibrates on their scores, 4. trains the final network, 5. scores the test recordings, which no
/// step before has seen, 6. writes the files of TrainDetectorReport, each whole or not at all.
///
/// Deterministic given the config, the audio and the machine type; `resume` changes nothing.
/// @throws Error(kConfig) unknown keys or missing classes; Error(kIo), Error(kFormat) for audio;
/// Error(kOutput) when `out` cannot be written or holds results and `overwrite` is false.
TrainDetectorReport train_detector(const Config& config, const TrainDetectorOptions& options);

}  // namespace brandiron::detect
