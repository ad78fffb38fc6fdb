#include "label_check/strokes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/rng.h"

namespace brandiron::experiments::labels {
namespace {

constexpr std::size_t kWindow = 512, kHop = 64, kLag = 3;
constexpr std::size_t kBands = 40;
constexpr double kLowestHz = 1000;      // below, the beating of ringing strings looks like strokes
constexpr double kThreshold = 0.1;      // over the local mean, against the median of 20 large peaks
constexpr float kSmallPeak = 0.33F;     // of the largest
constexpr float kCompression = 300.0F;  // of magnitudes against the stem's loudest band

std::vector<std::size_t> band_edges(int rate_hz) {
  const auto mel = [](double hz) { return 2595 * std::log10(1 + hz / 700); };
  const double low = mel(kLowestHz), high = mel(std::min(16000.0, 0.49 * rate_hz));
  std::vector<std::size_t> edges;
  for (std::size_t b = 0; b <= kBands; ++b) {
    const double at = low + (high - low) * static_cast<double>(b) / kBands;
    const double hz = 700 * (std::pow(10.0, at / 2595) - 1);
    const auto bin = static_cast<std::size_t>(std::lround(hz * kWindow / rate_hz));
    if (edges.empty() || bin > edges.back()) edges.push_back(std::max<std::size_t>(bin, 1));
  }
  return edges;
}

/// Block by block, so that a song needs no spectrogram: shape (windows, bands).
std::vector<float> band_levels(std::span<const float> x, int rate_hz, std::size_t& num_bands) {
  const std::vector<std::size_t> edges = band_edges(rate_hz);
  num_bands = edges.size() - 1;
  constexpr std::size_t kBlock = 4096 * kHop;
  std::vector<float> levels;
  for (std::size_t first = 0; first < x.size(); first += kBlock) {
    const auto block = x.subspan(first, std::min(kBlock + kWindow - kHop, x.size() - first));
    if (block.size() < kWindow) break;
    const auto power = power_spectrogram(block, {kWindow, kHop, false});
    const std::size_t bins = kWindow / 2 + 1;
    const std::size_t windows = std::min(power.size() / bins, kBlock / kHop);
    for (std::size_t t = 0; t < windows; ++t) {
      const float* row = power.data() + t * bins;
      for (std::size_t b = 0; b < num_bands; ++b) {
        float sum = 0;
        for (std::size_t k = edges[b]; k < edges[b + 1]; ++k) sum += std::sqrt(row[k]);
        levels.push_back(sum);
      }
    }
  }
  float loudest = 1e-12F;
  for (const float level : levels) loudest = std::max(loudest, level);
  for (float& level : levels) level = std::log1p(kCompression * level / loudest);
  return levels;
}

std::vector<float> spectral_flux(std::span<const float> x, int rate_hz) {
  std::size_t bands = 0;
  const std::vector<float> levels = band_levels(x, rate_hz, bands);
  const std::size_t windows = bands > 0 ? levels.size() / bands : 0;
  std::vector<float> flux(windows, 0.0F);
  for (std::size_t t = kLag; t < windows; ++t) {
    for (std::size_t b = 0; b < bands; ++b) {
      flux[t] += std::max(0.0F, levels[t * bands + b] - levels[(t - kLag) * bands + b]);
    }
  }
  return flux;
}

std::vector<std::size_t> local_maxima(const std::vector<float>& flux, std::size_t reach) {
  std::vector<std::size_t> found;
  for (std::size_t n = 1; n + 1 < flux.size(); ++n) {
    if (flux[n] <= 0 || flux[n] < flux[n - 1] || flux[n] < flux[n + 1]) continue;
    const std::size_t from = n > reach ? n - reach : 0, to = std::min(flux.size(), n + reach + 1);
    const auto begin = flux.begin();
    const float highest = *std::max_element(begin + static_cast<std::ptrdiff_t>(from),
                                            begin + static_cast<std::ptrdiff_t>(to));
    if (flux[n] >= highest) found.push_back(n);
  }
  return found;
}

/// Median of the 20 largest peaks, those aside that are small beside the largest: some parts are
/// struck a few times in a song.
double usual_peak(const std::vector<float>& flux, const std::vector<std::size_t>& local) {
  std::vector<float> strongest;
  for (const std::size_t n : local) strongest.push_back(flux[n]);
  std::sort(strongest.rbegin(), strongest.rend());
  strongest.resize(std::min<std::size_t>(20, strongest.size()));
  while (strongest.back() < kSmallPeak * strongest.front()) strongest.pop_back();
  return static_cast<double>(strongest[strongest.size() / 2]);
}

/// Where the flux peaks, in hops with fractions.
std::vector<double> peaks(const std::vector<float>& flux, int rate_hz) {
  const auto hops = [&](double s) { return static_cast<std::size_t>(s * rate_hz / kHop); };
  const std::vector<std::size_t> local = local_maxima(flux, hops(0.030));
  if (local.empty()) return {};
  const double over = kThreshold * usual_peak(flux, local);
  std::vector<double> sum(flux.size() + 1, 0.0);
  for (std::size_t i = 0; i < flux.size(); ++i) sum[i + 1] = sum[i] + static_cast<double>(flux[i]);
  const std::size_t around = hops(0.100);
  std::vector<double> found;
  for (const std::size_t n : local) {
    const std::size_t from = n > around ? n - around : 0;
    const std::size_t to = std::min(flux.size(), n + around + 1);
    const double mean = (sum[to] - sum[from]) / static_cast<double>(2 * around + 1);
    if (static_cast<double>(flux[n]) <= mean + over) continue;
    const double a = static_cast<double>(flux[n - 1]), b = static_cast<double>(flux[n]),
                 c = static_cast<double>(flux[n + 1]);
    const double bend = a - 2 * b + c;
    found.push_back(static_cast<double>(n) + (bend < 0 ? 0.5 * (a - c) / bend : 0));
  }
  return found;
}

/// Seconds from a window's first sample to the click that makes the flux largest.
double measure_delay(int rate_hz) {
  Rng rng(1, "label-check/clicks");
  const auto rate = static_cast<std::size_t>(rate_hz);
  std::vector<float> x(4 * rate);
  for (float& v : x) v = static_cast<float>(1e-4 * rng.normal());
  std::vector<double> clicks;
  for (std::size_t n = 20; n < 380; n += 10) {
    const std::size_t at = n * rate / 100 + rng.below(kHop);
    clicks.push_back(static_cast<double>(at));
    for (std::size_t i = 0; i < 400; ++i) {
      x[at + i] += static_cast<float>(std::exp(-static_cast<double>(i) / 60) * rng.normal());
    }
  }
  const std::vector<double> found = peaks(spectral_flux(x, rate_hz), rate_hz);
  std::vector<double> delays;
  for (const double at : clicks) {
    double nearest = 1e9;
    for (const double f : found) {
      const double delay = at - f * kHop;
      if (std::fabs(delay) < std::fabs(nearest)) nearest = delay;
    }
    delays.push_back(nearest);
  }
  std::nth_element(delays.begin(), delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 2),
                   delays.end());
  return delays[delays.size() / 2] / rate_hz;
}

double delay_s(int rate_hz) {
  static std::mutex mutex;
  static std::map<int, double> delays;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = delays.try_emplace(rate_hz, 0.0);
  if (is_new) entry->second = measure_delay(rate_hz);
  return entry->second;
}

std::size_t count_near(const std::vector<double>& times, const std::vector<double>& others,
                       double tolerance_s) {
  std::size_t count = 0, at = 0;
  for (const double t : times) {
    while (at < others.size() && others[at] < t - tolerance_s) ++at;
    if (at < others.size() && others[at] <= t + tolerance_s) ++count;
  }
  return count;
}

}  // namespace

std::vector<double> find_strokes(const AudioBuffer& stem) {
  const AudioBuffer mono = stem.to_mono();
  // Silence in front, so that a stroke in the first window is seen.
  const std::size_t lead = 4 * kWindow;
  std::vector<float> x(mono.num_frames() + 2 * lead, 0.0F);
  std::copy(mono.channel(0).begin(), mono.channel(0).end(),
            x.begin() + static_cast<std::ptrdiff_t>(lead));
  std::vector<double> times = peaks(spectral_flux(x, stem.rate_hz()), stem.rate_hz());
  const double delay = delay_s(stem.rate_hz());
  for (double& t : times) {
    t = (t * kHop - static_cast<double>(lead)) / stem.rate_hz() + delay;
  }
  return times;
}

Matching match_strokes(const std::vector<double>& stated, const std::vector<double>& every,
                       const std::vector<double>& heard, double tolerance_s) {
  Matching m;
  m.stated = stated.size();
  m.heard = heard.size();
  std::size_t at = 0;
  for (const double t : stated) {
    while (at < heard.size() && heard[at] < t - tolerance_s) ++at;
    if (at < heard.size() && heard[at] <= t + tolerance_s) {
      ++m.found;
      ++at;
    } else if (m.first_missed_s < 0) {
      m.first_missed_s = t;
    }
  }
  m.justified = count_near(heard, every, tolerance_s);
  return m;
}

}  // namespace brandiron::experiments::labels
