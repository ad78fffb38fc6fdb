#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/notice.h"

// Two searches in the few seconds where a notice may stand. Morse: the tone's envelope is cut at
// half its height and the lengths of what is left are compared with the rhythm. Speech: normalised
// cross-correlation with our own clip.

namespace brandiron::watermark {
namespace {

constexpr int kRateHz = 8000;
constexpr double kMaxStretchS = 30.0;
constexpr double kHopS = 0.005;
constexpr double kMinDotS = 0.04, kMaxDotS = 0.3;
constexpr double kTolerance = 0.4;     // of a dot, an element's length may be off
constexpr double kOutsideRatio = 0.5;  // tone energy that may lie beside the tone's own band
constexpr double kSpokenCorrelation = 0.5;

struct Run {
  bool on;
  std::size_t start, length;  // hops
};

// Energy of each hop's window of 20 ms in all, and near the tone.
struct Envelope {
  std::vector<double> tone, all;
};

// Hann-weighted cosine and sine of one frequency over a window of samples.
class ToneFilter {
 public:
  ToneFilter(double hz, std::size_t window) : cos_(window), sin_(window) {
    const auto count = static_cast<double>(window);
    for (std::size_t i = 0; i < window; ++i) {
      const auto at = static_cast<double>(i);
      const double hann = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * (at + 0.5) / count);
      const double phase = 2.0 * std::numbers::pi * hz * at / kRateHz;
      cos_[i] = static_cast<float>(hann * std::cos(phase));
      sin_[i] = static_cast<float>(hann * std::sin(phase));
    }
  }

  // Energy near the frequency; of a tone that fills the window, all it has.
  double energy(const float* samples) const {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < cos_.size(); ++i) {
      re += static_cast<double>(samples[i] * cos_[i]);
      im += static_cast<double>(samples[i] * sin_[i]);
    }
    return (re * re + im * im) * 8.0 / static_cast<double>(cos_.size());
  }

 private:
  std::vector<float> cos_, sin_;
};

double energy(std::span<const float> window) {
  double sum = 0;
  for (const float x : window) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

Envelope envelope_at(std::span<const float> samples, double hz) {
  const auto hop = static_cast<std::size_t>(kHopS * kRateHz);
  const std::size_t window = 4 * hop;
  const ToneFilter filter(hz, window);
  Envelope envelope;
  for (std::size_t at = 0; at + window <= samples.size(); at += hop) {
    envelope.tone.push_back(filter.energy(samples.data() + at));
    envelope.all.push_back(energy(samples.subspan(at, window)));
  }
  return envelope;
}

std::vector<Run> runs_of(const Envelope& envelope) {
  const double top = *std::max_element(envelope.tone.begin(), envelope.tone.end());
  std::vector<Run> runs;
  for (std::size_t i = 0; i < envelope.tone.size(); ++i) {
    // A quarter of the energy: half the height. And it must be a tone, not a chord.
    const bool on =
        envelope.tone[i] > 0.25 * top && envelope.tone[i] > kOutsideRatio * envelope.all[i];
    if (runs.empty() || runs.back().on != on) runs.push_back({on, i, 0});
    ++runs.back().length;
  }
  return runs;
}

// Whether seven runs from `at` on are ".- ..", with at least three dots of no tone around them.
std::optional<std::pair<double, double>> rhythm_at(const std::vector<Run>& runs, std::size_t at) {
  constexpr double kDots[] = {1, 1, 3, 3, 1, 1, 1};
  if (at + 7 > runs.size() || !runs[at].on) return std::nullopt;
  double total = 0;
  for (std::size_t i = 0; i < 7; ++i) total += static_cast<double>(runs[at + i].length);
  const double dot = total / 11.0;
  if (dot * kHopS < kMinDotS || dot * kHopS > kMaxDotS) return std::nullopt;
  for (std::size_t i = 0; i < 7; ++i) {
    if (std::abs(static_cast<double>(runs[at + i].length) / dot - kDots[i]) > kTolerance) {
      return std::nullopt;
    }
  }
  const auto quiet = [&](std::size_t i) {
    return static_cast<double>(runs[i].length) >= 2.5 * dot;
  };
  const bool before = at == 0 || (at == 1) || quiet(at - 1);
  const bool after = at + 7 == runs.size() || at + 8 == runs.size() || quiet(at + 7);
  if (!before || !after) return std::nullopt;
  const double start_s = static_cast<double>(runs[at].start) * kHopS;
  return std::pair(start_s, start_s + total * kHopS);
}

// The strongest tones of the stretch, one a neighbourhood.
std::vector<double> candidate_tones_hz(std::span<const float> samples) {
  constexpr double kStepHz = 25.0;
  std::vector<std::pair<double, double>> found;
  const std::size_t window = kRateHz / 25;  // 40 ms: 25 Hz
  for (double hz = 300.0; hz <= 2000.0; hz += kStepHz) {
    const ToneFilter filter(hz, window);
    double top = 0;
    for (std::size_t at = 0; at + window <= samples.size(); at += window) {
      const auto part = samples.subspan(at, window);
      const double tone = filter.energy(part.data());
      if (tone > kOutsideRatio * energy(part)) top = std::max(top, tone);
    }
    if (top > 0) found.emplace_back(top, hz);
  }
  std::sort(found.rbegin(), found.rend());
  if (found.size() > 6) found.resize(6);
  std::vector<double> tones;
  tones.reserve(found.size());
  for (const auto& [level, hz] : found) tones.push_back(hz);
  return tones;
}

void find_morse(std::span<const float> samples, NoticeFound& found) {
  for (const double hz : candidate_tones_hz(samples)) {
    const Envelope envelope = envelope_at(samples, hz);
    if (envelope.tone.empty()) return;
    const std::vector<Run> runs = runs_of(envelope);
    for (std::size_t at = 0; at < runs.size(); ++at) {
      if (const auto span = rhythm_at(runs, at)) {
        found.morse = true;
        found.start_s = span->first;
        found.end_s = span->second;
        return;
      }
    }
  }
}

// Largest correlation coefficient of `clip` with any stretch of `samples`, and where.
std::pair<double, std::size_t> best_correlation(std::span<const float> samples,
                                                std::span<const float> clip) {
  if (samples.size() < clip.size()) return {0.0, 0};
  std::size_t size = 1;
  while (size < samples.size() + clip.size()) size *= 2;
  RealFft fft(size);
  std::vector<float> a(size, 0.0F), b(size, 0.0F);
  std::copy(samples.begin(), samples.end(), a.begin());
  std::copy(clip.begin(), clip.end(), b.begin());
  std::vector<std::complex<float>> fa(size / 2 + 1), fb(size / 2 + 1);
  fft.forward(a, fa);
  fft.forward(b, fb);
  for (std::size_t k = 0; k < fa.size(); ++k) fa[k] *= std::conj(fb[k]);
  fft.inverse(fa, a);
  const double clip_energy = energy(clip);
  double running = energy(samples.first(clip.size())), best = 0;
  std::size_t where = 0;
  for (std::size_t lag = 0; lag + clip.size() <= samples.size(); ++lag) {
    const double value =
        std::abs(static_cast<double>(a[lag])) / std::sqrt(clip_energy * running + 1e-12);
    if (value > best) {
      best = value;
      where = lag;
    }
    if (lag + clip.size() == samples.size()) break;
    const auto out = static_cast<double>(samples[lag]);
    const auto in = static_cast<double>(samples[lag + clip.size()]);
    running = std::max(0.0, running + in * in - out * out);
  }
  return {best, where};
}

void find_spoken(std::span<const float> samples, NoticeFound& found) {
  AudioBuffer clip;
  try {
    clip = resample(spoken_notice().audio, kRateHz);
  } catch (const Error&) {
    return;  // not installed: nothing of ours to compare with
  }
  const auto [value, lag] = best_correlation(samples, clip.channel(0));
  if (value < kSpokenCorrelation) return;
  found.spoken = true;
  if (found.morse) return;
  found.start_s = static_cast<double>(lag) / kRateHz;
  found.end_s = found.start_s + clip.duration_s();
}

}  // namespace

NoticeFound find_notice(const AudioBuffer& stretch) {
  NoticeFound found;
  if (stretch.empty() || stretch.rate_hz() < kRateHz) return found;
  AudioBuffer mono = stretch.to_mono();
  mono.resize_frames(
      std::min(mono.num_frames(), static_cast<std::size_t>(kMaxStretchS * mono.rate_hz())));
  if (mono.peak() == 0.0F || mono.has_non_finite()) return found;
  const AudioBuffer narrow = resample(mono, kRateHz, ResampleQuality::kFast);
  find_morse(narrow.channel(0), found);
  find_spoken(narrow.channel(0), found);
  return found;
}

}  // namespace brandiron::watermark
