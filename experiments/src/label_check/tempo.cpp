#include "label_check/tempo.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "brandiron/core/audio/stft.h"

namespace brandiron::experiments::labels {
namespace {

constexpr std::size_t kWindow = 1024, kMels = 40;
constexpr double kLowHz = 200;
constexpr float kCompression = 1000.0F;  // of amplitudes against the loudest band
constexpr double kPreferredBpm = 100, kPreferenceOctaves = 1.0;
constexpr double kSlowest = 40, kFastest = 240;

std::vector<float> less_local_mean(const std::vector<float>& x) {
  const auto reach = static_cast<std::size_t>(OnsetStrength::kRateHz / 2);
  std::vector<double> sum(x.size() + 1, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) sum[i + 1] = sum[i] + static_cast<double>(x[i]);
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t from = i > reach ? i - reach : 0, to = std::min(x.size(), i + reach + 1);
    const double mean = (sum[to] - sum[from]) / static_cast<double>(to - from);
    out[i] = std::max(0.0F, x[i] - static_cast<float>(mean));
  }
  return out;
}

/// Log-compressed levels, shape (windows, mels).
std::vector<float> mel_levels(const AudioBuffer& audio, const MelFilterbank& bank,
                              std::size_t hop) {
  const AudioBuffer mono = audio.to_mono();
  const auto power = power_spectrogram(mono.channel(0), {kWindow, hop, true});
  const std::size_t bins = kWindow / 2 + 1, windows = power.size() / bins;
  std::vector<float> levels(windows * kMels);
  float loudest = 0;
  for (std::size_t t = 0; t < windows; ++t) {
    const std::span<float> mels(levels.data() + t * kMels, kMels);
    bank.apply({power.data() + t * bins, bins}, mels);
    for (float& m : mels) loudest = std::max(loudest, m = std::sqrt(m));
  }
  for (float& m : levels) m = std::log1p(kCompression * m / std::max(loudest, 1e-9F));
  return levels;
}

/// Mean product of the series with itself `lag` later; lags have fractions.
double autocorrelation(const std::vector<float>& x, double lag) {
  const auto whole = static_cast<std::size_t>(lag);
  if (whole + 2 >= x.size()) return 0;
  const auto part = static_cast<float>(lag - static_cast<double>(whole));
  double sum = 0;
  const std::size_t n = x.size() - whole - 1;
  for (std::size_t i = 0; i < n; ++i) {
    sum += static_cast<double>(x[i] * ((1 - part) * x[i + whole] + part * x[i + whole + 1]));
  }
  return sum / static_cast<double>(n);
}

/// How well the onsets repeat.
class Repetition {
 public:
  explicit Repetition(const OnsetStrength& strength)
      : strength_(strength),
        all_(autocorrelation(strength.all, 0)),
        low_(autocorrelation(strength.low, 0) + 1e-12) {}

  bool any() const { return all_ > 0; }

  /// So many beats later; 2 where they do exactly.
  double at(double bpm, double beats) const {
    const double lag = beats * 60 * OnsetStrength::kRateHz / bpm;
    return autocorrelation(strength_.all, lag) / all_ + autocorrelation(strength_.low, lag) / low_;
  }

 private:
  const OnsetStrength& strength_;
  double all_, low_;
};

/// Accents on every second triplet of 12/8 make a pulse of one and a half times the beat, and the
/// preference for 100 likes it better. Between the two repetition alone decides: a beat repeats at
/// every multiple, hence the product; half a bar of 3/4 repeats at the bars, but not at itself.
double three_against_two(const Repetition& repetition, double bpm) {
  double best = -1, best_bpm = bpm;
  for (const double times : {1.0, 2.0 / 3.0, 1.5}) {
    double product = 1;
    for (const double beats : {1.0, 2.0, 3.0, 4.0, 8.0})
      product *= repetition.at(times * bpm, beats);
    if (product > best) {
      best = product;
      best_bpm = times * bpm;
    }
  }
  return best_bpm;
}

/// Three values in a row as one: a stroke may come 10 ms early or late.
std::vector<float> smoothed(const std::vector<float>& x) {
  std::vector<float> out(x);
  for (std::size_t i = 1; i + 1 < x.size(); ++i) {
    out[i] = 0.5F * x[i] + 0.25F * (x[i - 1] + x[i + 1]);
  }
  return out;
}

double sum_on_pulse(const std::vector<float>& x, double phase, double period) {
  double sum = 0;
  for (double at = phase; at + 1 < static_cast<double>(x.size()); at += period) {
    const auto i = static_cast<std::size_t>(at);
    const auto part = static_cast<float>(at - static_cast<double>(i));
    sum += static_cast<double>((1 - part) * x[i] + part * x[i + 1]);
  }
  return sum;
}

}  // namespace

OnsetStrength onset_strength(const AudioBuffer& audio) {
  const auto hop = static_cast<std::size_t>(audio.rate_hz() / OnsetStrength::kRateHz);
  const MelFilterbank bank(kMels, kWindow, audio.rate_hz(), 40,
                           std::min(16000.0, 0.45 * audio.rate_hz()));
  const std::vector<float> levels = mel_levels(audio, bank, hop);
  const std::size_t windows = levels.size() / kMels;
  std::vector<float> all(windows, 0.0F), low(windows, 0.0F);
  for (std::size_t t = 1; t < windows; ++t) {
    for (std::size_t m = 0; m < kMels; ++m) {
      const float rise = levels[t * kMels + m] - levels[(t - 1) * kMels + m];
      if (rise <= 0) continue;
      all[t] += rise;
      if (bank.centre_hz(m) < kLowHz) low[t] += rise;
    }
  }
  return {smoothed(less_local_mean(all)), smoothed(less_local_mean(low))};
}

double estimate_tempo_bpm(const OnsetStrength& strength) {
  double best = 0, best_bpm = 0;
  const Repetition repetition(strength);
  if (!repetition.any()) return 0;
  for (double bpm = kSlowest; bpm <= kFastest; bpm *= 1.004) {
    double sum = 0;
    for (const double beats : {1.0, 2.0, 4.0, 8.0}) sum += repetition.at(bpm, beats);
    const double octaves = std::log2(bpm / kPreferredBpm) / kPreferenceOctaves;
    const double score = sum * std::exp(-0.5 * octaves * octaves);
    if (score > best) {
      best = score;
      best_bpm = bpm;
    }
  }
  return three_against_two(repetition, best_bpm);
}

Pulse find_pulse(const OnsetStrength& strength, double bpm) {
  std::vector<float> both(strength.all);
  float all = 1e-9F, low = 1e-9F;
  for (const float x : strength.all) all = std::max(all, x);
  for (const float x : strength.low) low = std::max(low, x);
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = both[i] / all + 2 * strength.low[i] / low;
  const double period = 60 * OnsetStrength::kRateHz / bpm;
  const auto seconds = static_cast<double>(both.size()) / OnsetStrength::kRateHz;
  // So fine that over the song a wrong step of the period moves the last beat by 10 ms.
  const double step = std::min(0.001, 0.01 / std::max(1.0, seconds));
  double best = -1, best_period = period, best_phase = 0;
  for (double stretch = 0.98; stretch <= 1.02; stretch += step) {
    for (double phase = 0; phase < period * stretch; phase += 1) {
      const double sum = sum_on_pulse(both, phase, period * stretch);
      if (sum > best) {
        best = sum;
        best_period = period * stretch;
        best_phase = phase;
      }
    }
  }
  return {best_period / OnsetStrength::kRateHz, best_phase / OnsetStrength::kRateHz};
}

double nearest_octave_bpm(double bpm, double stated_bpm) {
  double best = bpm;
  for (const double times : {1.0, 2.0, 0.5, 3.0, 1.0 / 3.0}) {
    if (std::fabs(std::log(bpm * times / stated_bpm)) < std::fabs(std::log(best / stated_bpm))) {
      best = bpm * times;
    }
  }
  return best;
}

}  // namespace brandiron::experiments::labels
