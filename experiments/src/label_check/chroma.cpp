#include "label_check/chroma.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/resample.h"
#include "brandiron/core/audio/stft.h"

namespace brandiron::experiments::labels {
namespace {

constexpr int kRateHz = 11025;
constexpr std::size_t kWindow = 4096, kHop = 1024;  // 0.37 s, 0.09 s
constexpr double kLowestHz = 40, kHighestHz = 1400;
constexpr std::array<const char*, 12> kNames = {"C",  "C#", "D",  "Eb", "E",  "F",
                                                "F#", "G",  "Ab", "A",  "Bb", "B"};
// A string's partials fall by about this from one to the next; what is stronger is another string.
constexpr double kPartialDecay = 0.75;
constexpr int kPartials = 8;
constexpr double kNearPartial = 0.025;  // relative: 43 cents

struct Peak {
  double hz = 0, amplitude = 0;
};

/// Peaks only: what lies between two partials is the window's.
std::vector<Peak> find_peaks(const float* power, std::size_t bins) {
  const double bin_hz = static_cast<double>(kRateHz) / kWindow;
  const auto first = static_cast<std::size_t>(kLowestHz / bin_hz);
  const auto last = std::min(bins - 2, static_cast<std::size_t>(kHighestHz / bin_hz));
  std::vector<Peak> peaks;
  for (std::size_t k = std::max<std::size_t>(first, 1); k <= last; ++k) {
    if (power[k] <= power[k - 1] || power[k] < power[k + 1]) continue;
    const double a = std::log(static_cast<double>(power[k - 1]) + 1e-20);
    const double b = std::log(static_cast<double>(power[k]) + 1e-20);
    const double c = std::log(static_cast<double>(power[k + 1]) + 1e-20);
    const double bend = a - 2 * b + c;
    const double at = static_cast<double>(k) + (bend < 0 ? 0.5 * (a - c) / bend : 0);
    peaks.push_back({at * bin_hz, std::sqrt(static_cast<double>(power[k]))});
  }
  return peaks;
}

/// Takes from each peak what is a partial of a lower one, so that fundamentals are left: the fifth
/// partial of a bass is not the chord's major third.
void take_partials(std::vector<Peak>& peaks) {
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    if (peaks[i].amplitude <= 0) continue;
    double expected = peaks[i].amplitude;
    for (int partial = 2; partial <= kPartials; ++partial) {
      expected *= kPartialDecay;
      for (std::size_t k = i + 1; k < peaks.size(); ++k) {
        if (std::fabs(peaks[k].hz / (partial * peaks[i].hz) - 1) < kNearPartial) {
          peaks[k].amplitude = std::max(0.0, peaks[k].amplitude - expected);
        }
      }
    }
  }
}

void add_peaks(const std::vector<Peak>& peaks, Chroma& chroma) {
  for (const Peak& peak : peaks) {
    const double midi = 69 + 12 * std::log2(peak.hz / 440);
    const double off = midi - std::round(midi);
    const auto pc = static_cast<std::size_t>((std::lround(midi) % 12 + 12) % 12);
    // A tone between two keys says little about either.
    chroma[pc] += peak.amplitude * std::exp(-0.5 * off * off / 0.04);
  }
}

struct Shape {
  std::array<int, 4> intervals;
  bool minor;
  double handicap;  ///< a fourth tone fits nearly anything a little better
};
constexpr std::array<Shape, 5> kShapes = {{{{0, 4, 7, 7}, false, 0},
                                           {{0, 3, 7, 7}, true, 0},
                                           {{0, 4, 7, 10}, false, 0.03},
                                           {{0, 3, 7, 10}, true, 0.03},
                                           {{0, 4, 7, 11}, false, 0.03}}};

Chroma chord_template(int root_pc, const Shape& shape) {
  Chroma out{};
  for (const int interval : shape.intervals) {
    out[static_cast<std::size_t>((root_pc + interval) % 12)] = 1;
  }
  return out;
}

double cosine(const Chroma& a, const Chroma& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < 12; ++i) ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace

Chroma Chromagram::mean(double start_s, double end_s) const {
  Chroma sum{};
  for (std::size_t n = 0; n < frames.size(); ++n) {
    const double t = static_cast<double>(n) * hop_s;
    if (t < start_s || t >= end_s) continue;
    for (std::size_t i = 0; i < 12; ++i) sum[i] += frames[n][i];
  }
  return sum;
}

Chromagram chromagram(const AudioBuffer& audio) {
  const AudioBuffer mono = resample(audio.to_mono(), kRateHz);
  const auto power = power_spectrogram(mono.channel(0), {kWindow, kHop, true});
  const std::size_t bins = kWindow / 2 + 1;
  Chromagram out;
  out.hop_s = static_cast<double>(kHop) / kRateHz;
  out.frames.resize(power.size() / bins, Chroma{});
  for (std::size_t t = 0; t < out.frames.size(); ++t) {
    std::vector<Peak> peaks = find_peaks(power.data() + t * bins, bins);
    take_partials(peaks);
    add_peaks(peaks, out.frames[t]);
  }
  return out;
}

std::string Triad::label() const {
  return std::string(kNames[static_cast<std::size_t>(root_pc)]) + (minor ? ":min" : ":maj");
}

Triad nearest_triad(const Chroma& chroma, const Chroma& bass) {
  constexpr double kBassWeight = 0.15;
  double bass_sum = 1e-12;
  for (const double x : bass) bass_sum += x;
  Triad best;
  double nearest = -1;
  for (int root = 0; root < 12; ++root) {
    const double rooted = kBassWeight * bass[static_cast<std::size_t>(root)] / bass_sum;
    for (const Shape& shape : kShapes) {
      const double near = cosine(chroma, chord_template(root, shape)) - shape.handicap + rooted;
      if (near > nearest) {
        nearest = near;
        best = {root, shape.minor};
      }
    }
  }
  return best;
}

bool reduce_to_triad(const std::string& harte, Triad& triad) {
  const auto colon = harte.find(':');
  const std::string root = harte.substr(0, colon);
  const std::string quality = colon == std::string::npos ? "maj" : harte.substr(colon + 1);
  if (root.empty() || root[0] < 'A' || root[0] > 'G') return false;
  constexpr std::array<int, 7> kNaturals = {9, 11, 0, 2, 4, 5, 7};
  int pc = kNaturals[static_cast<std::size_t>(root[0] - 'A')];
  for (const char c : root.substr(1)) pc += c == '#' ? 1 : (c == 'b' ? -1 : 0);
  triad.root_pc = (pc + 12) % 12;
  triad.minor = quality == "min" || quality == "min7" || quality == "minmaj7" || quality == "min6";
  return triad.minor || quality == "maj" || quality == "7" || quality == "maj7" ||
         quality == "maj6" || quality == "9";
}

}  // namespace brandiron::experiments::labels
