#include "brandiron/core/audio/audio_buffer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "audio/huge_pages.h"
#include "brandiron/core/error.h"

namespace brandiron {

// Sixteen running maxima: a single one would be a chain that no compiler may break up.
__attribute__((target_clones("avx2", "default"))) float peak_of(std::span<const float> samples) {
  constexpr std::size_t kLanes = 16;
  const float* x = samples.data();
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= samples.size(); i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float size = std::fabs(x[i + k]);
      lanes[k] = lanes[k] < size ? size : lanes[k];
    }
  }
  for (; i < samples.size(); ++i) lanes[0] = std::max(lanes[0], std::fabs(x[i]));
  return *std::max_element(lanes, lanes + kLanes);
}

AudioBuffer::AudioBuffer(std::size_t num_channels, std::size_t num_frames, int rate_hz)
    : num_channels_(num_channels), num_frames_(num_frames), rate_hz_(rate_hz) {
  if (num_channels < 1 || num_channels > 64) {
    throw Error(ErrorCode::kInvalidArgument,
                "audio: found " + std::to_string(num_channels) + " channels, expected 1 to 64");
  }
  if (rate_hz <= 0) {
    throw Error(ErrorCode::kInvalidArgument, "audio: found a sample rate of " +
                                                 std::to_string(rate_hz) + " Hz, expected above 0");
  }
  resize_in_huge_pages(data_, num_channels * num_frames);
}

AudioBuffer AudioBuffer::slice(std::size_t start, std::size_t count) const {
  start = std::min(start, num_frames_);
  count = std::min(count, num_frames_ - start);
  AudioBuffer out(std::max<std::size_t>(num_channels_, 1), count, rate_hz_);
  for (std::size_t c = 0; c < num_channels_; ++c) {
    const auto from = channel(c).subspan(start, count);
    std::copy(from.begin(), from.end(), out.channel(c).begin());
  }
  return out;
}

AudioBuffer AudioBuffer::to_mono() const {
  AudioBuffer out(1, num_frames_, rate_hz_);
  auto mono = out.channel(0);
  for (std::size_t c = 0; c < num_channels_; ++c) {
    const auto from = channel(c);
    for (std::size_t i = 0; i < num_frames_; ++i) mono[i] += from[i];
  }
  if (num_channels_ > 1) out.apply_gain(1.0F / static_cast<float>(num_channels_));
  return out;
}

void AudioBuffer::resize_frames(std::size_t frames) {
  if (frames == num_frames_) return;
  std::vector<float> next;
  resize_in_huge_pages(next, num_channels_ * frames);
  const std::size_t keep = std::min(frames, num_frames_);
  for (std::size_t c = 0; c < num_channels_; ++c) {
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(c * num_frames_), keep,
                next.begin() + static_cast<std::ptrdiff_t>(c * frames));
  }
  data_ = std::move(next);
  num_frames_ = frames;
}

void AudioBuffer::apply_gain(float gain) {
  for (float& x : data_) x *= gain;
}

void AudioBuffer::add(const AudioBuffer& other, std::size_t at, float gain) {
  const bool mono = other.num_channels_ == 1;
  if (!mono && other.num_channels_ != num_channels_) {
    throw Error(ErrorCode::kInvalidArgument, "audio: cannot add " +
                                                 std::to_string(other.num_channels_) +
                                                 " channels to " + std::to_string(num_channels_));
  }
  if (at >= num_frames_) return;
  const std::size_t n = std::min(other.num_frames_, num_frames_ - at);
  for (std::size_t c = 0; c < num_channels_; ++c) {
    const auto from = other.channel(mono ? 0 : c);
    auto to = channel(c).subspan(at, n);
    for (std::size_t i = 0; i < n; ++i) to[i] += gain * from[i];
  }
}

float AudioBuffer::peak() const { return peak_of(data_); }

double AudioBuffer::rms() const {
  if (data_.empty()) return 0.0;
  double sum = 0.0;
  for (const float x : data_) sum += static_cast<double>(x) * x;
  return std::sqrt(sum / static_cast<double>(data_.size()));
}

bool AudioBuffer::has_non_finite() const {
  // No way out of the loop but its end, so that it runs in wide registers.
  std::uint32_t found = 0;
  for (const float x : data_) {
    found |= (std::bit_cast<std::uint32_t>(x) & 0x7f800000U) == 0x7f800000U ? 1U : 0U;
  }
  return found != 0;
}

}  // namespace brandiron
