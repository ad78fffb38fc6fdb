#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron {

/// Largest |sample|, 0 of none; NaNs are passed over.
float peak_of(std::span<const float> samples);

/// Planar float32 audio, shape (channels, frames), nominal range [-1, 1]. A value type: copying
/// copies. Never resampled implicitly.
class AudioBuffer {
 public:
  AudioBuffer() = default;
  /// Silence. @throws Error(kInvalidArgument) unless 1 <= channels <= 64 and rate_hz > 0.
  AudioBuffer(std::size_t num_channels, std::size_t num_frames, int rate_hz);

  std::size_t num_channels() const { return num_channels_; }
  std::size_t num_frames() const { return num_frames_; }
  int rate_hz() const { return rate_hz_; }
  double duration_s() const {
    return rate_hz_ > 0 ? static_cast<double>(num_frames_) / rate_hz_ : 0.0;
  }
  bool empty() const { return num_frames_ == 0; }

  std::span<float> channel(std::size_t c) { return {data_.data() + c * num_frames_, num_frames_}; }
  std::span<const float> channel(std::size_t c) const {
    return {data_.data() + c * num_frames_, num_frames_};
  }
  std::span<float> samples() { return data_; }
  std::span<const float> samples() const { return data_; }

  /// Frames [start, start + count), clipped to what exists.
  AudioBuffer slice(std::size_t start, std::size_t count) const;
  /// Mean over channels, shape (1, frames).
  AudioBuffer to_mono() const;
  /// Keeps the first `frames`, or pads with zeros.
  void resize_frames(std::size_t frames);
  /// Declares another rate without touching a sample (a speed change).
  void set_rate_hz(int rate_hz) { rate_hz_ = rate_hz; }
  void apply_gain(float gain);
  /// Adds `other` (same channels and rate, or mono into all) from frame `at`, times `gain`.
  void add(const AudioBuffer& other, std::size_t at = 0, float gain = 1.0F);

  float peak() const;           ///< of all channels
  double rms() const;           ///< over all channels
  bool has_non_finite() const;  ///< any NaN or infinity

 private:
  std::size_t num_channels_ = 0;
  std::size_t num_frames_ = 0;
  int rate_hz_ = 0;
  std::vector<float> data_;
};

}  // namespace brandiron
