#include <algorithm>
#include <cmath>
#include <string>

#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "range_check.h"

namespace brandiron {
namespace {

constexpr std::size_t kControlFrames = 16;
constexpr double kFloorDb = -120.0;

/// Mean square (or squared peak) over all channels of frames [start, end).
double block_level(const AudioBuffer& key, std::size_t start, std::size_t end, bool rms) {
  double level = 0.0;
  for (std::size_t c = 0; c < key.num_channels(); ++c) {
    const auto x = key.channel(c);
    double sum = 0.0;
    for (std::size_t i = start; i < end; ++i) {
      const double square = static_cast<double>(x[i]) * x[i];
      sum = rms ? sum + square : std::max(sum, square);
    }
    level = std::max(level, rms ? sum / static_cast<double>(end - start) : sum);
  }
  return level;
}

/// Static curve: dB of gain (<= 0) for a level in dB.
double gain_for_level_db(double level_db, const CompressorOptions& o) {
  const double over = level_db - o.threshold_db;
  const double slope = 1.0 / o.ratio - 1.0;
  if (2 * over <= -o.knee_db) return 0.0;
  if (2 * over >= o.knee_db) return slope * over;
  const double into_knee = over + o.knee_db / 2;
  return slope * into_knee * into_knee / (2 * o.knee_db);
}

/// One-pole coefficient for a time constant, at the control rate.
double smoothing(double time_ms, double rate_hz) {
  return det::exp(-1000.0 * static_cast<double>(kControlFrames) / (time_ms * rate_hz));
}

void apply_ramp(AudioBuffer& audio, std::size_t start, std::size_t end, float from, float to) {
  const float step = (to - from) / static_cast<float>(kControlFrames);
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    float* x = audio.channel(c).data();
    for (std::size_t i = start; i < end; ++i) {
      x[i] *= from + step * static_cast<float>(i - start);
    }
  }
}

}  // namespace

void CompressorOptions::validate() const {
  check_range("compressor threshold_db", threshold_db, -80, 0);
  check_range("compressor ratio", ratio, 1, 100);
  check_range("compressor knee_db", knee_db, 0, 24);
  check_range("compressor attack_ms", attack_ms, 0.05, 500);
  check_range("compressor release_ms", release_ms, 1, 5000);
  check_range("compressor makeup_db", makeup_db, -24, 48);
}

double compress(AudioBuffer& audio, const CompressorOptions& options) {
  return compress(audio, audio, options);
}

double compress(AudioBuffer& audio, const AudioBuffer& key, const CompressorOptions& options) {
  options.validate();
  if (key.num_frames() != audio.num_frames()) {
    throw Error(ErrorCode::kInvalidArgument,
                "compress: the key has " + std::to_string(key.num_frames()) + " frames, expected " +
                    std::to_string(audio.num_frames()));
  }
  const double rate_hz = std::max(audio.rate_hz(), 1);
  const double attack = smoothing(options.attack_ms, rate_hz);
  const double release = smoothing(options.release_ms, rate_hz);
  const double rms_decay = options.detect_rms ? smoothing(10.0, rate_hz) : 0.0;
  const float makeup = static_cast<float>(det::db_to_gain(options.makeup_db));
  double mean_square = 0.0, reduction_db = 0.0, deepest_db = 0.0;
  float gain = makeup;
  for (std::size_t start = 0; start < audio.num_frames(); start += kControlFrames) {
    const std::size_t end = std::min(start + kControlFrames, audio.num_frames());
    // When `key` is `audio` itself, this block has not been written yet.
    const double level = block_level(key, start, end, options.detect_rms);
    mean_square = level + (mean_square - level) * rms_decay;
    const double level_db = mean_square > 1e-12 ? 10.0 * det::log10(mean_square) : kFloorDb;
    const double target_db = gain_for_level_db(level_db, options);
    const double decay = target_db < reduction_db ? attack : release;
    reduction_db = target_db + (reduction_db - target_db) * decay;
    deepest_db = std::min(deepest_db, reduction_db);
    const float next =
        reduction_db > -1e-4 ? makeup : makeup * static_cast<float>(det::db_to_gain(reduction_db));
    if (gain != 1.0F || next != 1.0F) apply_ramp(audio, start, end, gain, next);
    gain = next;
  }
  return -deepest_db;
}

}  // namespace brandiron
