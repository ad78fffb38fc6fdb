#include "comb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <utility>

#include "mean_spectrum.h"

namespace brandiron::detect {
namespace {

constexpr std::size_t kWindow = 16384;
constexpr double kShortS = 40;         // shorter audio gets windows that overlap
constexpr std::size_t kHullBins = 20;  // 54 Hz: wider than a line, narrower than a comb's spacing
constexpr double kMostDb = 5;          // a line of music must not outweigh a comb
constexpr double kSearch = 0.12;
// Of a comb's weight, and of half a comb's: less in sight is no match.
constexpr double kLeastInSight = 0.25, kLeastOfHalf = 0.1;
// Where the hull lies below, the recording holds nothing (or dither): such points are missing, or
// the bandwidth of a file would speak instead of its lines. In dB of an unscaled transform; -115 dB
// of a full-scale sine.
constexpr double kEmptyDb = -43;
constexpr double kUsualSteps = 40;         // what a point reads that is as high as its surroundings
constexpr std::size_t kLeastPoints = 400;  // a quarter of an octave

double points_per_e() { return (kCombPoints - 1) / std::log(kCombHighHz / kCombLowHz); }

double place_of(double hz) { return std::log(hz / kCombLowHz) * points_per_e(); }

/// Least value within `reach` of each place, by a queue of candidates.
std::vector<float> running_minimum(const std::vector<float>& x, std::size_t reach) {
  std::vector<float> result(x.size());
  std::deque<std::size_t> candidates;
  std::size_t next = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (; next < x.size() && next <= i + reach; ++next) {
      while (!candidates.empty() && x[candidates.back()] >= x[next]) candidates.pop_back();
      candidates.push_back(next);
    }
    while (candidates.front() + reach < i) candidates.pop_front();
    result[i] = x[candidates.front()];
  }
  return result;
}

/// Mean and deviation of the points that are there.
struct Spread {
  double mean = 0, deviation = 1;
  std::size_t points = 0;
};

Spread spread_of(const CombSpectrum& spectrum) {
  double sum = 0, squares = 0, n = 0;
  for (const std::uint8_t s : spectrum.steps) {
    if (s == 0) continue;
    sum += s;
    squares += static_cast<double>(s) * s;
    ++n;
  }
  const double mean = n > 0 ? sum / n : 0;
  const double variance = n > 0 ? squares / n - mean * mean : 1;
  return {mean, std::sqrt(std::max(variance, 1e-6)), static_cast<std::size_t>(n)};
}

/// Weighted mean height of the lines `shift` points away, of those that lie on the axis; the sum of
/// their squared weights tells how much such a mean wavers.
struct Sight {
  double height = 0, weight = 0, squares = 0;

  /// Standard deviations over what other places give.
  double strength(const Spread& spread) const {
    if (!(weight > 0)) return 0;
    return (height / weight - spread.mean) / (spread.deviation * std::sqrt(squares) / weight);
  }
};

/// The lines of a comb on either side of a place.
struct Halves {
  Sight low, high;

  double least_weight() const { return std::min(low.weight, high.weight); }
  double weaker(const Spread& spread) const {
    return std::min(low.strength(spread), high.strength(spread));
  }
};

/// Looks for the lines of one comb in one spectrum.
class Search {
 public:
  Search(const CombSpectrum& spectrum, const CombTemplate& comb)
      : spectrum_(spectrum), comb_(comb) {}

  Sight all(int shift) const {
    Sight sight;
    for (std::size_t i = 0; i < comb_.places.size(); ++i) add(i, shift, sight);
    return sight;
  }

  Halves halves(int shift, double middle) const {
    Halves halves;
    for (std::size_t i = 0; i < comb_.places.size(); ++i) {
      add(i, shift, static_cast<double>(comb_.places[i]) < middle ? halves.low : halves.high);
    }
    return halves;
  }

  /// The place in the comb with half of the weight of the lines in sight below it.
  double middle(int shift) const {
    std::vector<std::pair<float, double>> lines;
    for (std::size_t i = 0; i < comb_.places.size(); ++i) {
      if (height(i, shift) > 0) lines.emplace_back(comb_.places[i], comb_.weights[i]);
    }
    std::sort(lines.begin(), lines.end());
    const double half = all(shift).weight / 2;
    double weight = 0;
    for (const auto& [place, w] : lines) {
      if (weight >= half) return static_cast<double>(place);
      weight += w;
    }
    return kCombPoints;
  }

 private:
  /// 0: not on the axis, or nothing is there.
  int height(std::size_t line, int shift) const {
    const auto at =
        static_cast<std::ptrdiff_t>(static_cast<double>(comb_.places[line]) + shift + 0.5);
    if (at < 0 || at >= static_cast<std::ptrdiff_t>(spectrum_.steps.size())) return 0;
    return spectrum_.steps[static_cast<std::size_t>(at)];
  }

  void add(std::size_t line, int shift, Sight& sight) const {
    const int found = height(line, shift);
    if (found == 0) return;
    const double w = comb_.weights[line];
    sight.height += w * found;
    sight.weight += w;
    sight.squares += w * w;
  }

  const CombSpectrum& spectrum_;
  const CombTemplate& comb_;
};

}  // namespace

CombSpectrum comb_spectrum(std::span<const float> signal, int rate_hz) {
  const bool is_short = static_cast<double>(signal.size()) < kShortS * rate_hz;
  const std::vector<float> mean =
      mean_spectrum_db(signal, kWindow, is_short ? kWindow / 2 : kWindow);
  if (mean.empty()) return {};
  const std::vector<float> hull = running_mean(running_minimum(mean, kHullBins), kHullBins);
  const double bin_hz = static_cast<double>(rate_hz) / static_cast<double>(kWindow);
  CombSpectrum result;
  std::vector<float> heights(kCombPoints);
  std::vector<bool> empty(kCombPoints);
  const double step = 1 / points_per_e();
  for (std::size_t i = 0; i < kCombPoints; ++i) {
    const double hz = kCombLowHz * std::exp(step * static_cast<double>(i));
    // The highest bin that this point stands for: a line is narrower than a point at high places.
    const double half = hz * step / 2;
    const auto from = static_cast<std::size_t>(std::lround((hz - half) / bin_hz));
    const auto to = static_cast<std::size_t>(std::lround((hz + half) / bin_hz));
    float height = 0;
    for (std::size_t k = from; k <= to && k < mean.size(); ++k) {
      height = std::max(height, mean[k] - hull[k]);
    }
    heights[i] =
        static_cast<float>(std::min(static_cast<double>(height), kMostDb) / CombSpectrum::kStepDb);
    empty[i] = from >= hull.size() || static_cast<double>(hull[from]) < kEmptyDb;
  }
  // The higher the frequency, the more bins a point takes the highest of: level that out.
  const std::vector<float> usual = running_mean(heights, kCombPoints / 32);
  result.steps.assign(kCombPoints, 0);
  for (std::size_t i = 0; i < kCombPoints; ++i) {
    if (empty[i]) continue;
    const double over = static_cast<double>(heights[i] - usual[i]) + kUsualSteps;
    result.steps[i] = static_cast<std::uint8_t>(std::lround(std::clamp(over, 1.0, 140.0)));
  }
  return result;
}

std::vector<CombTemplate> known_combs() {
  std::vector<CombTemplate> combs;
  for (const double spacing_hz : {44100.0 / 40, 44100.0 / 64, 32000.0 / 64, 44100.0 / 128,
                                  32000.0 / 128, 44100.0 / 256, 44100.0 / 320, 44100.0 / 512}) {
    CombTemplate comb;
    comb.name = fmt::format("{:.1f} Hz", spacing_hz);
    comb.spacing_hz = spacing_hz;
    // A line beyond an edge counts once the search moves it onto the axis.
    for (double hz = spacing_hz; hz < kCombHighHz * (1 + kSearch); hz += spacing_hz) {
      if (hz > kCombLowHz * (1 - kSearch)) comb.places.push_back(static_cast<float>(place_of(hz)));
    }
    comb.weights.assign(comb.places.size(), 1.0F / static_cast<float>(comb.places.size()));
    combs.push_back(comb);
  }
  return combs;
}

CombTemplate learn_comb(const std::string& name, std::span<const CombSpectrum* const> with,
                        std::span<const CombSpectrum* const> without, std::size_t num_lines) {
  // What is missing everywhere reads as usual: no line is there.
  const auto mean_of = [](std::span<const CombSpectrum* const> spectra) {
    std::vector<double> mean(kCombPoints, kUsualSteps), counts(kCombPoints, 1.0);
    for (const CombSpectrum* s : spectra) {
      for (std::size_t i = 0; i < kCombPoints; ++i) {
        if (s->steps[i] == 0) continue;
        mean[i] += s->steps[i];
        ++counts[i];
      }
    }
    for (std::size_t i = 0; i < kCombPoints; ++i) mean[i] /= counts[i];
    return mean;
  };
  const std::vector<double> a = mean_of(with), b = mean_of(without);
  std::vector<std::size_t> order(kCombPoints);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a[i] - b[i] > a[j] - b[j]; });
  CombTemplate comb;
  comb.name = name;
  double sum = 0;
  for (const std::size_t i : order) {
    if (comb.places.size() == num_lines || a[i] - b[i] <= 0) break;
    // Neighbours of a line already taken are that line.
    const bool taken = std::any_of(comb.places.begin(), comb.places.end(), [&](float place) {
      return std::abs(place - static_cast<float>(i)) < 4;
    });
    if (taken) continue;
    comb.places.push_back(static_cast<float>(i));
    comb.weights.push_back(static_cast<float>(a[i] - b[i]));
    sum += a[i] - b[i];
  }
  for (float& w : comb.weights) w = static_cast<float>(w / sum);
  return comb;
}

CombMatch match_comb(const CombSpectrum& spectrum, const CombTemplate& comb) {
  CombMatch best;
  if (spectrum.empty() || comb.places.empty()) return best;
  const Spread spread = spread_of(spectrum);
  if (spread.points < kLeastPoints) return best;
  const Search search(spectrum, comb);
  const auto limit = static_cast<int>(std::log(1 + kSearch) * points_per_e());
  std::vector<double> strengths;
  int best_shift = 0;
  for (int shift = -limit; shift <= limit; ++shift) {
    const Sight sight = search.all(shift);
    if (sight.weight < kLeastInSight) {
      strengths.push_back(0);
      continue;
    }
    const double strength = sight.strength(spread);
    strengths.push_back(strength);
    if (strengths.size() == 1 || strength > best.strength) {
      best.strength = strength;
      best.excess_db = (sight.height / sight.weight - spread.mean) * CombSpectrum::kStepDb;
      best_shift = shift;
    }
  }
  best.speed = std::exp(best_shift / points_per_e());
  const double middle = search.middle(best_shift);
  best.weaker_half = best.best_weaker_half = search.halves(best_shift, middle).weaker(spread);
  double second = -1e9;
  for (int shift = -limit; shift <= limit; ++shift) {
    if (std::abs(shift - best_shift) > 4) {
      second = std::max(second, strengths[static_cast<std::size_t>(shift + limit)]);
    }
    const Halves halves = search.halves(shift, middle);
    if (halves.least_weight() < kLeastOfHalf) continue;
    best.best_weaker_half = std::max(best.best_weaker_half, halves.weaker(spread));
  }
  best.margin = best.strength - second;
  return best;
}

}  // namespace brandiron::detect
