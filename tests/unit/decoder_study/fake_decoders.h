#pragma once

#include <cmath>
#include <complex>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/decoder_model.h"

// Decoders whose doing is known, so that what measures decoders is measured.

namespace brandiron::testing {

/// Gives back what it got.
class IdentityDecoder : public gen::DecoderModel {
 public:
  explicit IdentityDecoder(std::string name = "identity", std::vector<int> strides = {8, 8, 4, 2})
      : name_(std::move(name)), strides_(std::move(strides)) {}
  gen::DecoderIdentity identity() const override {
    gen::DecoderIdentity identity;
    identity.family = name_;
    identity.strides = strides_;
    return identity;
  }
  AudioBuffer decode(const AudioBuffer& audio) const override { return audio; }

 private:
  std::string name_;
  std::vector<int> strides_;
};

/// Changes every cell of the spectrogram by a random gain of `spread_db` and a random phase turn:
/// the error of a decoder without its comb.
class NoisyDecoder : public IdentityDecoder {
 public:
  NoisyDecoder(double spread_db, std::uint64_t seed, std::string name = "noisy")
      : IdentityDecoder(std::move(name)), spread_db_(spread_db), seed_(seed) {}
  AudioBuffer decode(const AudioBuffer& audio) const override {
    AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      Rng rng = Rng(seed_, "noisy-decoder").child("channel", c);
      const auto changed = transform_windows(
          audio.channel(c), {}, [&](std::size_t, std::span<std::complex<float>> bins) {
            for (auto& bin : bins) {
              const double gain = std::pow(10.0, rng.normal(0, spread_db_) / 20);
              bin *= std::polar(static_cast<float>(gain),
                                static_cast<float>(rng.normal(0, 0.1 * spread_db_)));
            }
          });
      std::copy(changed.begin(), changed.end(), out.channel(c).begin());
    }
    return out;
  }

 private:
  double spread_db_;
  std::uint64_t seed_;
};

/// Adds steady tones at all multiples of rate / product of strides, `level_db` below full scale,
/// over the error of a NoisyDecoder: a transposed convolution's copies of its offset.
class CombDecoder : public NoisyDecoder {
 public:
  CombDecoder(double level_db, std::uint64_t seed = 1, std::string name = "comb")
      : NoisyDecoder(1.0, seed, std::move(name)), level_db_(level_db) {}
  AudioBuffer decode(const AudioBuffer& audio) const override {
    AudioBuffer out = NoisyDecoder::decode(audio);
    int product = 1;
    for (const int s : identity().strides) product *= s;
    // One period of all tones at once; their phases are spread, or they would add up to clicks.
    std::vector<float> period(static_cast<std::size_t>(product));
    const double gain = std::pow(10.0, level_db_ / 20);
    for (int m = 1; m < product / 2; ++m) {
      for (int i = 0; i < product; ++i) {
        period[static_cast<std::size_t>(i)] += static_cast<float>(
            gain *
            std::cos(2 * std::numbers::pi * (static_cast<double>(m) * i / product) + 0.61 * m * m));
      }
    }
    for (std::size_t c = 0; c < out.num_channels(); ++c) {
      for (std::size_t i = 0; i < out.num_frames(); ++i) {
        out.channel(c)[i] += period[i % period.size()];
      }
    }
    return out;
  }

 private:
  double level_db_;
};

/// Nothing is left above `edge_hz`.
class LowPassDecoder : public IdentityDecoder {
 public:
  explicit LowPassDecoder(double edge_hz) : IdentityDecoder("low-pass"), edge_hz_(edge_hz) {}
  AudioBuffer decode(const AudioBuffer& audio) const override {
    AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto changed = transform_windows(
          audio.channel(c), {}, [&](std::size_t, std::span<std::complex<float>> bins) {
            for (std::size_t k = 0; k < bins.size(); ++k) {
              const double hz = static_cast<double>(k) * audio.rate_hz() / 2048;
              if (hz > edge_hz_) bins[k] = 0;
            }
          });
      std::copy(changed.begin(), changed.end(), out.channel(c).begin());
    }
    return out;
  }

 private:
  double edge_hz_;
};

}  // namespace brandiron::testing
