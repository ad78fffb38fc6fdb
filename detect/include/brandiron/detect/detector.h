#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::detect {

struct DetectSegment {
  double start_s = 0, end_s = 0, p_ai = 0;
};

struct Evidence {
  std::string kind;
  double value = 0;
  std::string text;  ///< one plain sentence
};

/// A threshold with what supports it.
struct Threshold {
  double p_ai = 0.5;
  double fpr = 1.0;  ///< false-positive rate it claims: never below 3/n
  int n = 0;         ///< human recordings behind it
};

struct Detection {
  double p_ai = 0.5;  ///< posterior under `prior`
  double prior = 0.5;
  double log_likelihood_ratio = 0;
  std::string verdict;  ///< ai human undecided
  Threshold threshold;
  std::vector<DetectSegment> segments;
  std::vector<Evidence> evidence;
  std::string model_name, model_version, model_sha256;
  double seconds = 0;
};

/// Scores audio for being synthetic. Thread safe after construction.
class Detector {
 public:
  virtual ~Detector() = default;
  /// @throws Error(kInvalidArgument) for under 1 s of audio or silence.
  virtual Detection detect(const AudioBuffer& audio, double prior = 0.5) const = 0;
};

/// The shipped network (models/weights/detector.safetensors by default).
/// @throws Error(kModel) when the file is missing or does not fit.
std::unique_ptr<Detector> load_detector(const std::filesystem::path& weights = {});

/// The `brandiron.detect/1` object.
std::string detection_json(const std::string& file, const Detection& detection,
                           bool with_segments = true);

}  // namespace brandiron::detect
