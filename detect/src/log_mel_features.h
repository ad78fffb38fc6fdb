// What the detector looks at: a canonical log-mel spectrogram cut into segments.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::detect {

/// Everything that defines the features. Stored with the weights: a network is only worth something
/// with the features it was trained on.
struct FeatureConfig {
  int rate_hz = 16000;                ///< canonical rate; hides where a codec's cut-off lies
  std::size_t window_samples = 1024;  ///< 64 ms
  std::size_t hop_samples = 320;      ///< 20 ms
  std::size_t num_mels = 80;
  double low_hz = 40, high_hz = 7000;
  double level_lufs = -23;            ///< loudness before analysis
  double floor_db = -80;              ///< quieter is all the same: hides dither and digital silence
  std::size_t segment_windows = 250;  ///< 5 s
  std::size_t segment_hop_windows = 125;  ///< 2.5 s

  double hop_s() const { return static_cast<double>(hop_samples) / rate_hz; }
  std::size_t segment_size() const { return num_mels * segment_windows; }
  std::string to_json() const;
  /// @throws Error(kModel) for missing keys or values out of range.
  static FeatureConfig from_json(const std::string& text);
};

/// Mel levels in dB re a full-scale sine, shape (num_windows, num_mels), row-major, >= floor_db.
struct LogMel {
  std::size_t num_windows = 0, num_mels = 0;
  std::vector<float> db;
  std::span<const float> window(std::size_t t) const {
    return std::span(db).subspan(t * num_mels, num_mels);
  }
};

/// Mono, canonical rate, canonical loudness: all that the detector ever hears.
/// @throws as log_mel.
AudioBuffer canonical_audio(const AudioBuffer& audio, const FeatureConfig& config);

/// The log-mel spectrogram of what canonical_audio gave.
LogMel log_mel_of_canonical(const AudioBuffer& canonical, const FeatureConfig& config);

/// The log-mel spectrogram of canonical_audio. Deterministic; any rate and channel count.
/// @throws Error(kInvalidArgument) for under 1 s of audio, silence, or samples that are not finite.
LogMel log_mel(const AudioBuffer& audio, const FeatureConfig& config);

/// First windows of the segments of a recording of `num_windows`: every hop, and one flush with the
/// end when more than a second would be left out. {0} when it is shorter than a segment.
std::vector<std::size_t> segment_starts(std::size_t num_windows, const FeatureConfig& config);

/// One segment, shape (num_mels, segment_windows): each band to zero mean and unit deviation (plus
/// 1 dB, so that an empty band stays empty), which removes equalisation and timbre. A recording
/// that is too short is repeated. Returns false, and zeros, when the segment is silent.
bool cut_segment(const LogMel& mel, std::size_t start, const FeatureConfig& config,
                 std::span<float> out);

/// Upper edge of what the recording contains, in Hz, as seen by the mel bands.
double bandwidth_hz(const LogMel& mel, const FeatureConfig& config);

}  // namespace brandiron::detect
