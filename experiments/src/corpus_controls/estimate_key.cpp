#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"
#include "brandiron/experiments/recording_pool.h"

namespace brandiron::experiments {
namespace {

using Chroma = std::array<double, 12>;

// Krumhansl and Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial
// representation of musical keys", Psychological Review 89, 1982.
constexpr Chroma kMajor = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
constexpr Chroma kMinor = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17};

constexpr double kLowest_hz = 80, kHighest_hz = 1200;

/// The strongest bins of each moment by pitch class: their peaks only, so that the skirts of one
/// tone do not count for its neighbours.
Chroma chroma_of(const AudioBuffer& mono) {
  StftOptions options;
  options.window_samples = 16384;
  options.hop_samples = 4096;
  const std::vector<float> power = power_spectrogram(mono.channel(0), options);
  const std::size_t bins = options.window_samples / 2 + 1;
  const double bin_hz =
      static_cast<double>(mono.rate_hz()) / static_cast<double>(options.window_samples);
  const auto first = static_cast<std::size_t>(kLowest_hz / bin_hz);
  const auto last = static_cast<std::size_t>(kHighest_hz / bin_hz);
  Chroma chroma{};
  for (std::size_t at = 0; at + bins <= power.size(); at += bins) {
    for (std::size_t b = first; b < last; ++b) {
      const float here = power[at + b];
      if (here <= power[at + b - 1] || here < power[at + b + 1]) continue;
      const double midi = 69 + 12 * std::log2(static_cast<double>(b) * bin_hz / 440);
      const int pc = (static_cast<int>(std::lround(midi)) % 12 + 12) % 12;
      chroma[static_cast<std::size_t>(pc)] += std::sqrt(static_cast<double>(here));
    }
  }
  return chroma;
}

double correlation(const Chroma& chroma, const Chroma& profile, int tonic) {
  double mean_a = 0, mean_b = 0;
  for (std::size_t i = 0; i < 12; ++i) mean_a += chroma[i] / 12, mean_b += profile[i] / 12;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    const double a = chroma[(i + static_cast<std::size_t>(tonic)) % 12] - mean_a;
    const double b = profile[i] - mean_b;
    ab += a * b, aa += a * a, bb += b * b;
  }
  return aa > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace

std::string EstimatedKey::label() const {
  static constexpr std::array<const char*, 12> kNames = {"C",  "C#", "D",  "Eb", "E",  "F",
                                                         "F#", "G",  "Ab", "A",  "Bb", "B"};
  return std::string(kNames[static_cast<std::size_t>(tonic_pc)]) + (minor ? ":min" : ":maj");
}

EstimatedKey estimate_key(const AudioBuffer& audio) {
  if (audio.empty() || audio.peak() == 0) {
    throw Error(ErrorCode::kInvalidArgument, "silence has no key; expected a voice");
  }
  const Chroma chroma = chroma_of(audio.to_mono());
  EstimatedKey best{0, false, -2};
  for (int tonic = 0; tonic < 12; ++tonic) {
    for (const bool minor : {false, true}) {
      const double match = correlation(chroma, minor ? kMinor : kMajor, tonic);
      if (match > best.correlation) best = {tonic, minor, match};
    }
  }
  return best;
}

}  // namespace brandiron::experiments
