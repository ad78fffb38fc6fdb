#include "label_check/pitch.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <span>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/audio/resample.h"

namespace brandiron::experiments::labels {
namespace {

constexpr int kRateHz = 11025;
constexpr double kWindowSeconds = 0.030;
constexpr double kSilenceDb = -50;  // against the loudest frame
constexpr std::size_t kCandidates = 10;
// A rough voice doubles its period: every second pulse is weaker, the double period fits better,
// and weak partials stand halfway between those of the pitch. How well partials stand out against
// what is halfway between them decides (X. Sun, "Pitch determination and voice quality analysis
// using subharmonic-to-harmonic ratio", ICASSP 2002), per partial to the power below: 1 favours
// high octaves, 0 low ones.
constexpr std::size_t kSpectrumWindow = 1024, kSpectrumFft = 2048;
constexpr double kHighestPartialHz = 900, kFlattenHz = 200;
constexpr double kPerPartial = 1.1;
constexpr float kSalienceCost = 1.0F;
// A leap of half an octave or more from one frame to the next costs as much as several bad fits.
constexpr float kLeapCost = 2.5F;
constexpr std::size_t kSmoothReach = 3;  // frames to either side

struct Candidate {
  float hz = 0, aperiodicity = 1, salience = 0;
};
using Frame = std::vector<Candidate>;  ///< empty in silence

class Yin {
 public:
  explicit Yin(const PitchRange& range)
      : shortest_(static_cast<std::size_t>(kRateHz / range.high_hz)),
        longest_(static_cast<std::size_t>(kRateHz / range.low_hz) + 2),
        difference_(longest_ + 1) {}

  std::size_t span() const { return window() + longest_; }
  static std::size_t window() { return static_cast<std::size_t>(kWindowSeconds * kRateHz); }

  /// `x`: span() samples.
  Frame candidates(std::span<const float> x) {
    std::fill(difference_.begin(), difference_.end(), 0.0F);
    for (std::size_t i = 0; i < window(); ++i) {
      const float here = x[i];
      const float* later = x.data() + i;
      for (std::size_t lag = 1; lag <= longest_; ++lag) {
        const float d = here - later[lag];
        difference_[lag] += d * d;
      }
    }
    normalise();
    return dips();
  }

 private:
  void normalise() {
    double sum = 0;
    difference_[0] = 1;
    for (std::size_t lag = 1; lag <= longest_; ++lag) {
      sum += static_cast<double>(difference_[lag]);
      difference_[lag] = sum > 0 ? static_cast<float>(static_cast<double>(difference_[lag]) *
                                                      static_cast<double>(lag) / sum)
                                 : 1.0F;
    }
  }

  Frame dips() const {
    Frame found;
    for (std::size_t lag = shortest_; lag < longest_; ++lag) {
      const float a = difference_[lag - 1], b = difference_[lag], c = difference_[lag + 1];
      if (b >= a || b > c) continue;
      const float bend = a - 2 * b + c;
      const float shift = bend > 0 ? 0.5F * (a - c) / bend : 0.0F;
      found.push_back({static_cast<float>(kRateHz) / (static_cast<float>(lag) + shift),
                       std::clamp(b - 0.25F * (a - c) * shift, 0.0F, 1.0F)});
    }
    std::sort(found.begin(), found.end(), [](const Candidate& p, const Candidate& q) {
      return p.aperiodicity < q.aperiodicity;
    });
    if (found.size() > kCandidates) found.resize(kCandidates);
    return found;
  }

  std::size_t shortest_, longest_;
  std::vector<float> difference_;
};

/// Partials against what is halfway between them.
class Salience {
 public:
  Salience() : fft_(kSpectrumFft), padded_(kSpectrumFft), bins_(fft_.num_bins()) {
    for (std::size_t i = 0; i < kSpectrumWindow; ++i) {
      const double turn = 2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / kSpectrumWindow;
      window_.push_back(static_cast<float>(0.5 - 0.5 * std::cos(turn)));
    }
  }

  /// `x`: kSpectrumWindow samples around the frame. Sets the candidates' salience, 1 for the best.
  void rate(std::span<const float> x, Frame& frame) {
    for (std::size_t i = 0; i < kSpectrumWindow; ++i) padded_[i] = x[i] * window_[i];
    fft_.forward(padded_, bins_);
    flatten();
    double best = 1e-12;
    std::vector<double> sums;
    for (const Candidate& c : frame) {
      sums.push_back(sum(static_cast<double>(c.hz)));
      best = std::max(best, sums.back());
    }
    for (std::size_t i = 0; i < frame.size(); ++i) {
      frame[i].salience = static_cast<float>(std::max(0.0, sums[i] / best));
    }
  }

 private:
  /// Levels against what is around them, so that no formant drowns the other partials.
  void flatten() {
    std::vector<double> power(bins_.size() + 1, 0.0);
    for (std::size_t k = 0; k < bins_.size(); ++k) {
      power[k + 1] = power[k] + static_cast<double>(std::norm(bins_[k]));
    }
    const auto reach = static_cast<std::size_t>(kFlattenHz * kSpectrumFft / kRateHz);
    const double floor = 1e-5 * power.back() / static_cast<double>(bins_.size());
    levels_.resize(bins_.size());
    for (std::size_t k = 0; k < bins_.size(); ++k) {
      const std::size_t from = k > reach ? k - reach : 0,
                        to = std::min(bins_.size(), k + reach + 1);
      const double mean = (power[to] - power[from]) / static_cast<double>(to - from);
      levels_[k] = std::sqrt(static_cast<double>(std::norm(bins_[k])) / (mean + floor + 1e-30));
    }
  }

  double amplitude(double hz) const {
    const double at = hz * kSpectrumFft / kRateHz;
    const auto k = static_cast<std::size_t>(at);
    const double part = at - static_cast<double>(k);
    return (1 - part) * levels_[k] + part * levels_[k + 1];
  }

  double sum(double hz) const {
    const int partials = std::max(1, static_cast<int>(kHighestPartialHz / hz));
    double sum = 0;
    for (int n = 1; n <= partials; ++n) {
      double between = 0;  // where partials stand if the pitch is a fraction of this
      for (const double part : {1 / 2.0, 1 / 3.0, 2 / 3.0, 1 / 4.0, 3 / 4.0, 2 / 5.0, 3 / 5.0}) {
        between = std::max(between, amplitude((n - part) * hz));
      }
      sum += amplitude(n * hz) - between;
    }
    return sum / std::pow(partials, kPerPartial);
  }

  RealFft fft_;
  std::vector<float> window_, padded_;
  std::vector<std::complex<float>> bins_;
  std::vector<double> levels_;
};

double energy(std::span<const float> x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  return sum;
}

std::vector<Frame> all_candidates(std::span<const float> x, const PitchRange& range, double hop) {
  Yin yin(range);
  Salience salience;
  // Frame n is about time n * hop: in YIN's span as in the spectrum's.
  const std::size_t before = kSpectrumWindow / 2, margin = 2 * (kSpectrumWindow + yin.span());
  std::vector<float> padded(x.size() + margin, 0.0F);
  std::copy(x.begin(), x.end(), padded.begin() + static_cast<std::ptrdiff_t>(before));
  const auto num = static_cast<std::size_t>(static_cast<double>(x.size()) / hop);
  const auto start = [&](std::size_t n) {
    return static_cast<std::size_t>(std::lround(static_cast<double>(n) * hop));
  };
  const auto piece = [&](std::size_t n) {
    return std::span<const float>(padded).subspan(start(n) + before - yin.span() / 2, yin.span());
  };
  std::vector<double> levels(num);
  double loudest = 0;
  for (std::size_t n = 0; n < num; ++n) loudest = std::max(loudest, levels[n] = energy(piece(n)));
  const double gate = loudest * std::pow(10.0, kSilenceDb / 10);
  std::vector<Frame> frames(num);
  for (std::size_t n = 0; n < num; ++n) {
    if (levels[n] <= gate) continue;
    frames[n] = yin.candidates(piece(n));
    salience.rate(std::span<const float>(padded).subspan(start(n), kSpectrumWindow), frames[n]);
  }
  return frames;
}

float own_cost(const Candidate& c) { return c.aperiodicity + kSalienceCost * (1 - c.salience); }

/// Cheapest path through one stretch of frames that all have candidates.
void follow(std::span<const Frame> frames, std::span<float> hz, std::span<float> aperiodicity) {
  std::vector<std::vector<float>> cost(frames.size());
  std::vector<std::vector<std::size_t>> from(frames.size());
  for (std::size_t n = 0; n < frames.size(); ++n) {
    for (const Candidate& c : frames[n]) {
      float best = 0;
      std::size_t best_from = 0;
      if (n > 0) {
        best = 1e30F;
        for (std::size_t k = 0; k < frames[n - 1].size(); ++k) {
          const float leap = std::fabs(std::log2(c.hz / frames[n - 1][k].hz));
          const float sum = cost[n - 1][k] + kLeapCost * std::min(1.0F, leap * 2);
          if (sum < best) best = sum, best_from = k;
        }
      }
      cost[n].push_back(best + own_cost(c));
      from[n].push_back(best_from);
    }
  }
  auto at = static_cast<std::size_t>(std::min_element(cost.back().begin(), cost.back().end()) -
                                     cost.back().begin());
  for (std::size_t n = frames.size(); n-- > 0;) {
    hz[n] = frames[n][at].hz;
    aperiodicity[n] = frames[n][at].aperiodicity;
    at = from[n][at];
  }
}

/// Medians over 70 ms of what sounds without a gap: a rough throat's cycles differ by tens of
/// cents, which is no change of pitch.
void smooth(std::span<float> x) {
  const std::vector<float> raw(x.begin(), x.end());
  for (std::size_t n = 0; n < raw.size(); ++n) {
    const std::size_t from = n > kSmoothReach ? n - kSmoothReach : 0;
    const std::size_t to = std::min(raw.size(), n + kSmoothReach + 1);
    std::vector<float> around(raw.begin() + static_cast<std::ptrdiff_t>(from),
                              raw.begin() + static_cast<std::ptrdiff_t>(to));
    const auto middle = around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2);
    std::nth_element(around.begin(), middle, around.end());
    x[n] = *middle;
  }
}

std::size_t nearest_frame(double t, double hop_s, std::size_t size) {
  const double n = std::round(t / hop_s);
  return n >= 0 && n < static_cast<double>(size) ? static_cast<std::size_t>(n) : size;
}

}  // namespace

float PitchTrack::hz_at(double t) const {
  const std::size_t n = nearest_frame(t, hop_s, hz.size());
  return n < hz.size() ? hz[n] : 0.0F;
}

float PitchTrack::aperiodicity_at(double t) const {
  const std::size_t n = nearest_frame(t, hop_s, hz.size());
  return n < hz.size() ? aperiodicity[n] : 1.0F;
}

PitchTrack track_pitch(const AudioBuffer& stem, const PitchRange& range) {
  const AudioBuffer mono = resample(stem.to_mono(), kRateHz);
  PitchTrack track;
  const std::vector<Frame> frames = all_candidates(mono.channel(0), range, track.hop_s * kRateHz);
  track.hz.assign(frames.size(), 0.0F);
  track.aperiodicity.assign(frames.size(), 1.0F);
  for (std::size_t n = 0; n < frames.size();) {
    std::size_t end = n;
    while (end < frames.size() && !frames[end].empty()) ++end;
    if (end > n) {
      const auto hz = std::span(track.hz).subspan(n, end - n);
      const auto aperiodicity = std::span(track.aperiodicity).subspan(n, end - n);
      follow(std::span(frames).subspan(n, end - n), hz, aperiodicity);
      smooth(hz);
      smooth(aperiodicity);
    }
    n = std::max(end, n + 1);
  }
  return track;
}

double cents(double a_hz, double b_hz) { return 1200 * std::log2(a_hz / b_hz); }

}  // namespace brandiron::experiments::labels
