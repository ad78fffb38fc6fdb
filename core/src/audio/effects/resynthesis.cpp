#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <vector>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/det_math.h"
#include "effect.h"

namespace brandiron::effects_internal {
namespace {

using Complex = std::complex<float>;

/// Rows of a mel filterbank as a sparse matrix, got by probing it with single bins.
class MelInverse {
 public:
  MelInverse(const MelFilterbank& mel, std::size_t num_bins)
      : entries_(num_bins), row_sum_(mel.num_mels(), 0.0F) {
    std::vector<float> unit(num_bins, 0.0F), bands(mel.num_mels());
    for (std::size_t k = 0; k < num_bins; ++k) {
      unit[k] = 1.0F;
      mel.apply(unit, bands);
      unit[k] = 0.0F;
      for (std::size_t m = 0; m < bands.size(); ++m) {
        if (bands[m] > 0.0F) {
          entries_[k].push_back({m, bands[m]});
          row_sum_[m] += bands[m];
        }
      }
    }
  }

  /// Spreads each band's mean power over its bins; neighbours blend by their weights.
  void spread(std::span<const float> bands, std::span<float> power) const {
    for (std::size_t k = 0; k < power.size(); ++k) {
      float sum = 0.0F, weight = 0.0F;
      for (const auto& [m, w] : entries_[k]) {
        sum += w * bands[m] / row_sum_[m];
        weight += w;
      }
      power[k] = weight > 0.0F ? sum / weight : 0.0F;
    }
  }

 private:
  struct Entry {
    std::size_t band;
    float weight;
  };
  std::vector<std::vector<Entry>> entries_;
  std::vector<float> row_sum_;
};

/// Magnitudes that survive the mel bands, in place of the signal's own.
std::vector<float> mel_magnitudes(std::span<const float> x, int rate_hz, std::size_t num_mels,
                                  const StftOptions& options) {
  std::vector<float> power = power_spectrogram(x, options);
  const std::size_t num_bins = options.window_samples / 2 + 1;
  const MelFilterbank mel(num_mels, options.window_samples, rate_hz, 0.0, rate_hz / 2.0);
  const MelInverse inverse(mel, num_bins);
  std::vector<float> bands(num_mels);
  for (std::size_t t = 0; t * num_bins < power.size(); ++t) {
    const std::span<float> row(power.data() + t * num_bins, num_bins);
    mel.apply(row, bands);
    inverse.spread(bands, row);
  }
  for (float& v : power) v = std::sqrt(v);
  return power;
}

/// Puts `magnitude` on the phases of `z`.
void set_magnitudes(std::span<Complex> z, std::span<const float> magnitude) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    const float re = z[i].real(), im = z[i].imag();
    const float size = std::sqrt(re * re + im * im);
    const float scale = size > 1e-20F ? magnitude[i] / size : 0.0F;
    z[i] = size > 1e-20F ? Complex{re * scale, im * scale} : Complex{magnitude[i], 0.0F};
  }
}

/// One step of the fast algorithm, in one pass over the memory: moves on from `now` by its change
/// since `previous` times `momentum`, keeps the phase of that, and takes `magnitude`. Complex as
/// re, im.
__attribute__((target_clones("avx2", "default"))) void accelerate(const float* now, float* previous,
                                                                  const float* magnitude, float* z,
                                                                  float momentum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float re = now[2 * i] + momentum * (now[2 * i] - previous[2 * i]);
    const float im = now[2 * i + 1] + momentum * (now[2 * i + 1] - previous[2 * i + 1]);
    previous[2 * i] = now[2 * i];
    previous[2 * i + 1] = now[2 * i + 1];
    // The small number stands in for a phase where there is none.
    const float scale = magnitude[i] / std::sqrt(re * re + im * im + 1e-30F);
    z[2 * i] = re * scale;
    z[2 * i + 1] = im * scale;
  }
}

/// @see Perraudin, Balazs, Søndergaard, "A fast Griffin-Lim algorithm", WASPAA 2013.
std::vector<float> fast_griffin_lim(std::span<const float> magnitude, std::size_t num_frames,
                                    const StftOptions& options, int iterations, Rng& rng) {
  constexpr float kMomentum = 0.99F;
  Spectrogram z;
  z.num_bins = options.window_samples / 2 + 1;
  z.num_windows = magnitude.size() / z.num_bins;
  z.data.resize(magnitude.size());
  for (Complex& v : z.data) {
    // A uniform direction is all a random phase needs.
    v = {static_cast<float>(rng.uniform(-1.0, 1.0)), static_cast<float>(rng.uniform(-1.0, 1.0))};
  }
  set_magnitudes(z.data, magnitude);
  std::vector<Complex> previous(z.data.size());
  std::vector<float> x;
  for (int i = 0; i < iterations; ++i) {
    x = istft(z, num_frames, options);
    const Spectrogram consistent = stft(x, options);
    accelerate(reinterpret_cast<const float*>(consistent.data.data()),
               reinterpret_cast<float*>(previous.data()), magnitude.data(),
               reinterpret_cast<float*>(z.data.data()), i == 0 ? 0.0F : kMomentum, z.data.size());
  }
  return istft(z, num_frames, options);
}

AudioBuffer mel(AudioBuffer audio, const Arguments& a, Rng rng) {
  StftOptions options;
  options.window_samples =
      std::bit_ceil(std::max<std::size_t>(static_cast<std::size_t>(0.035 * audio.rate_hz()), 64));
  options.hop_samples = options.window_samples / 4;
  // Pieces of a minute bound the memory (about 100 MB each); they overlap and cross-fade.
  const std::size_t piece = static_cast<std::size_t>(audio.rate_hz()) * 60;
  const std::size_t overlap = static_cast<std::size_t>(audio.rate_hz()) / 20;
  AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const std::span<const float> x = audio.channel(c);
    const auto y = out.channel(c);
    for (std::size_t start = 0; start < x.size(); start += piece) {
      const std::size_t first = start >= overlap ? start - overlap : 0;
      const auto part = x.subspan(first, std::min(piece + overlap, x.size() - first));
      const auto magnitude = mel_magnitudes(part, audio.rate_hz(),
                                            static_cast<std::size_t>(a.integer("bands")), options);
      const auto z =
          fast_griffin_lim(magnitude, part.size(), options, a.integer("iterations"), rng);
      for (std::size_t i = 0; i < z.size(); ++i) {
        const bool fading = start > 0 && i < overlap;
        const float in = fading ? static_cast<float>(i) / static_cast<float>(overlap) : 1.0F;
        y[first + i] = fading ? y[first + i] * (1.0F - in) + z[i] * in : z[i];
      }
    }
  }
  return out;
}

}  // namespace

std::vector<Effect> resynthesis_effects() {
  return {
      {{"mel",
        "What a mel vocoder hears: power in mel bands only, the phase thrown away and guessed "
        "again "
        "(fast Griffin-Lim), each channel alone.",
        "mel(bands=80)",
        {number_parameter("bands", "mel bands from 0 Hz to half the rate", 8, 512, "80"),
         number_parameter("iterations", "of phase reconstruction", 1, 200, "32")}},
       mel},
  };
}

}  // namespace brandiron::effects_internal
