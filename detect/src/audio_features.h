// What the detector looks at, made in one pass: a log-mel spectrogram, the texture of the fine
// structure in blocks of a second, and the mean spectra in which combs and lines show.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "comb.h"
#include "stride_lines.h"
#include "texture.h"

namespace brandiron::detect {

/// Everything that defines the features. Stored with the weights: a network is only worth something
/// with the features it was trained on.
struct FeatureConfig {
  int rate_hz = 44100;                ///< whatever comes is brought to this rate
  std::size_t window_samples = 2048;  ///< 46 ms
  std::size_t hop_samples = 1024;     ///< 23 ms
  std::size_t num_mels = 80;
  double low_hz = 40, high_hz = 7000;  ///< of the mel bands: where codecs cut off lies above
  std::size_t segment_windows = 256;   ///< 6 s
  std::size_t fine_hop_windows = 64;   ///< between segments when the place matters: 1.5 s

  double hop_s() const { return static_cast<double>(hop_samples) / rate_hz; }
  double segment_s() const { return static_cast<double>(segment_windows) * hop_s(); }
  std::size_t segment_size() const { return num_mels * segment_windows; }
  std::string to_json() const;
  /// @throws Error(kModel) for missing keys or values out of range.
  static FeatureConfig from_json(const std::string& text);
};

/// Mel levels, shape (num_windows, num_mels), row-major, in half decibels above kMelFloorDb. Level
/// 0 dB is the canonical level of the recording.
struct LogMel {
  static constexpr double kFloorDb = -100, kStepDb = 0.5;
  std::size_t num_windows = 0, num_mels = 0;
  std::vector<std::uint8_t> steps;
  std::span<const std::uint8_t> window(std::size_t t) const {
    return std::span(steps).subspan(t * num_mels, num_mels);
  }
  double db(std::size_t t, std::size_t mel) const {
    return kFloorDb + kStepDb * steps[t * num_mels + mel];
  }
};

struct AudioFeatures {
  LogMel mel;
  std::vector<TextureBlock> texture;  ///< one a second, the last may be shorter
  CombSpectrum comb;                  ///< empty when it was not asked for
  StrideMatches strides;              ///< zeros when it was not asked for
};

/// Root mean square over the blocks within 10 dB of the mean power: pauses do not count.
double gated_rms(std::span<const float> signal);

/// Mono, canonical rate, canonical level: all that the detector ever hears.
/// @throws Error(kInvalidArgument) for under 1 s of audio, silence, or samples that are not finite.
AudioBuffer canonical_audio(const AudioBuffer& audio, const FeatureConfig& config);

/// All features of what canonical_audio gave. Deterministic.
AudioFeatures features_of_canonical(const AudioBuffer& canonical, const FeatureConfig& config,
                                    bool with_comb = true);

/// First windows of segments: every `hop`, and one flush with the end when more than a second
/// would be left out. {0} for what is shorter than a segment.
std::vector<std::size_t> segment_starts(std::size_t num_windows, std::size_t hop,
                                        const FeatureConfig& config);

/// Where each row of a segment comes from: windows of one or, for a splice or a layer, of two
/// recordings.
struct SegmentSource {
  const LogMel* first;
  std::size_t first_start = 0;
  const LogMel* second = nullptr;  ///< from window `join` of the segment on
  std::size_t second_start = 0, join = 0;
  bool layered = false;  ///< the second sounds over the first (powers add) instead of after it
  double second_db = 0;  ///< its gain then
};

/// One segment, shape (num_mels, segment_windows): each band to zero mean and unit deviation (plus
/// 1 dB, so that an empty band stays empty), which removes equalisation and timbre. A recording
/// that is too short is repeated. Returns false, and zeros, when the segment is silent.
bool cut_segment(const SegmentSource& source, const FeatureConfig& config, std::span<float> out);
bool cut_segment(const LogMel& mel, std::size_t start, const FeatureConfig& config,
                 std::span<float> out);

/// Upper edge of what the recording contains, in Hz, as seen by the mel bands.
double bandwidth_hz(const LogMel& mel, const FeatureConfig& config);

}  // namespace brandiron::detect
