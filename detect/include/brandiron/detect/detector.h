#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::detect {

struct DetectSegment {
  double start_s = 0, end_s = 0, p_ai = 0;
};

/// A stretch that sounds synthetic, and the posterior of the stretch as a whole.
struct SyntheticSpan {
  double start_s = 0, end_s = 0, p_ai = 0;
};

struct Evidence {
  std::string kind;
  double value = 0;
  std::string text;  ///< one plain sentence
  /// More numbers of the same finding: a comb's spacing_hz, strength_db, speed.
  std::map<std::string, double> numbers{};
};

/// A threshold with what supports it.
struct Threshold {
  double p_ai = 0.5;
  double fpr = 1.0;  ///< false-positive rate it claims: never below 3/n
  int n = 0;         ///< human recordings behind it
};

struct Detection {
  double p_ai = 0.5;  ///< posterior of synthetic sound under `prior`
  double prior = 0.5;
  double log_likelihood_ratio = 0;
  std::string verdict;  ///< ai human undecided
  Threshold threshold;
  std::vector<DetectSegment> segments;
  std::vector<Evidence> evidence;
  std::string model_name, model_version, model_sha256;
  double seconds = 0;

  // Additions since brandiron.detect/1 was first written.
  std::string explanation;                 ///< a few plain sentences
  double p_resynthesised = 0;              ///< given synthetic sound: human music through a decoder
  std::map<std::string, double> families;  ///< decoder families, given synthetic sound; sum to 1
  double p_vocals_ai = 0, p_instrumental_ai = 0;  ///< weak: for a hint only
  double novelty = 0;                             ///< distance from known human music; 1 is usual
  std::vector<DetectSegment> curve;               ///< one a second; only with DetectorOptions::fine
  std::vector<SyntheticSpan> spans;               ///< only with DetectorOptions::fine
  double heard_s = 0;                             ///< audio that was looked at
};

struct DetectorOptions {
  bool comb = true;  ///< look for the combs of upsampling decoders (see the note in comb.h)
  /// Overlapping segments, a value a second and the synthetic stretches: four times the work.
  bool fine = false;
  /// Look at this many windows of 10 s, evenly spread, instead of all: 0 looks at all.
  int windows = 0;
};

/// Scores audio for being synthetic. Thread safe after construction.
class Detector {
 public:
  virtual ~Detector() = default;
  /// @throws Error(kInvalidArgument) for under 1 s of audio or silence.
  virtual Detection detect(const AudioBuffer& audio, double prior = 0.5) const = 0;
};

/// The shipped network (models/weights/detector.safetensors by default).
/// @throws Error(kModel) when the file is missing or does not fit; Error(kInvalidArgument) for
/// windows together with fine.
std::unique_ptr<Detector> load_detector(const std::filesystem::path& weights = {},
                                        const DetectorOptions& options = {});

/// The `brandiron.detect/1` object.
std::string detection_json(const std::string& file, const Detection& detection,
                           bool with_segments = true);

}  // namespace brandiron::detect
