#include "brandiron/watermark/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "brandiron/core/error.h"
#include "fingerprint/features.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

constexpr char kVersion = 1;
constexpr int kLowestRateHz = 5000;
// The rate that bands up to 2.4 kHz are read at; whole fractions of the usual rates lie above it.
constexpr double kLowRateHz = 5300;
constexpr std::size_t kChunk = 32768;

BRANDIRON_WIDE void add_to(float* to, const float* from, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
}

BRANDIRON_WIDE void scale(float* to, float gain, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] *= gain;
}

// Sums of x * 0 are 0 unless some x is not finite.
BRANDIRON_WIDE bool all_finite(const float* samples, std::size_t count) {
  float lanes[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) lanes[k] += samples[i + k] * 0.0F;
  }
  for (; i < count; ++i) lanes[0] += samples[i] * 0.0F;
  for (const float lane : lanes) {
    if (lane != 0.0F) return false;  // NaN differs from everything
  }
  return true;
}

std::size_t decimation(int rate_hz) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(rate_hz / kLowRateHz));
}

}  // namespace

Warp warp_of(const Verdict& verdict) {
  if (!verdict.payload_valid) return {};
  return {verdict.speed_ratio, verdict.pitch_ratio};
}

struct FingerprintStream::Impl {
  int rate_hz;
  std::size_t num_channels;
  Decimator decimator;
  FeatureFrames frames;
  std::vector<float> mono, low;
  Fingerprint result;

  Impl(int rate, std::size_t channels, const Warp& warp)
      : rate_hz(rate),
        num_channels(channels),
        decimator(rate, decimation(rate), FeatureLayout().high_hz * warp.pitch_ratio),
        frames(rate / static_cast<double>(decimation(rate)), warp, FeatureLayout()) {}
};

FingerprintStream::FingerprintStream(int rate_hz, std::size_t num_channels, const Warp& warp) {
  if (rate_hz < kLowestRateHz) {
    throw Error(ErrorCode::kInvalidArgument,
                "fingerprint: rate " + std::to_string(rate_hz) + " Hz; expected 5000 or more");
  }
  for (const double ratio : {warp.speed_ratio, warp.pitch_ratio}) {
    if (!(ratio >= 0.5 && ratio <= 2)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "fingerprint: ratio " + std::to_string(ratio) + "; expected 0.5 to 2");
    }
  }
  impl_ = std::make_unique<Impl>(rate_hz, num_channels, warp);
}

FingerprintStream::~FingerprintStream() = default;
FingerprintStream::FingerprintStream(FingerprintStream&&) noexcept = default;

void FingerprintStream::push(const AudioBuffer& block) {
  if (block.empty()) return;
  if (block.rate_hz() != impl_->rate_hz || block.num_channels() != impl_->num_channels) {
    throw Error(ErrorCode::kInvalidArgument,
                "fingerprint: a block of another rate or channel count than the stream's");
  }
  for (std::size_t at = 0; at < block.num_frames(); at += kChunk) {
    const std::size_t count = std::min(kChunk, block.num_frames() - at);
    std::vector<float>& mono = impl_->mono;
    const auto first = block.channel(0).subspan(at, count);
    mono.assign(first.begin(), first.end());
    for (std::size_t c = 1; c < impl_->num_channels; ++c) {
      add_to(mono.data(), block.channel(c).data() + at, count);
    }
    scale(mono.data(), 1.0F / static_cast<float>(impl_->num_channels), count);
    if (!all_finite(mono.data(), count)) {
      throw Error(ErrorCode::kInvalidArgument, "fingerprint: samples that are not finite");
    }
    impl_->decimator.push(mono, impl_->low);
    impl_->frames.take(impl_->low, impl_->result.words_);
  }
}

Fingerprint FingerprintStream::finish() { return std::move(impl_->result); }

Fingerprint Fingerprint::of(const AudioBuffer& audio, const Warp& warp) {
  FingerprintStream stream(audio.rate_hz(), audio.num_channels(), warp);
  stream.push(audio);
  return stream.finish();
}

Fingerprint Fingerprint::parse(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kVersion || bytes.size() % 4 != 1) {
    throw Error(ErrorCode::kFormat,
                "fingerprint: " + std::to_string(bytes.size()) +
                    " bytes are none of version 1; expected the byte 1 and 32-bit words");
  }
  Fingerprint fingerprint;
  for (std::size_t i = 1; i < bytes.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) << (8 * k);
    }
    fingerprint.words_.push_back(word);
  }
  return fingerprint;
}

std::string Fingerprint::serialize() const {
  std::string bytes(1, kVersion);
  bytes.reserve(1 + 4 * words_.size());
  for (const std::uint32_t word : words_) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(word >> shift);
  }
  return bytes;
}

Fingerprint Fingerprint::slice(double start_s, double end_s) const {
  const auto frame = [&](double seconds) {
    const double at = std::clamp(seconds / kFrameSeconds, 0.0, static_cast<double>(words_.size()));
    return static_cast<std::ptrdiff_t>(std::lround(at));
  };
  Fingerprint part;
  if (frame(end_s) > frame(start_s)) {
    part.words_.assign(words_.begin() + frame(start_s), words_.begin() + frame(end_s));
  }
  return part;
}

}  // namespace brandiron::watermark
