#include "stride_lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "mean_spectrum.h"

namespace brandiron::detect {
namespace {

constexpr std::size_t kWindow = 32768;  // three quarters of a second, half of it new
constexpr double kNeighboursHz = 10, kNearbyHz = 600;
constexpr float kMostDb = 6;     // a line of music must not outweigh its neighbours
constexpr double kPadDb = 0.1;   // of the deviation
constexpr float kEmptyDb = -43;  // below, nothing or dither: as in comb.cpp
constexpr double kLowestHz = 1000, kHighestHz = 16000;  // of lines looked at
constexpr std::size_t kLeastLines = 4;
constexpr double kNearSpeed = 0.035;
constexpr double kShiftBins = 0.7;  // from one speed to the next, at the highest line

std::size_t bins_of(double hz, double bin_hz) {
  return std::max<std::size_t>(3, static_cast<std::size_t>(hz / bin_hz));
}

/// Height over the neighbours, the highest of three bins: a line may lie between two.
std::vector<float> heights_of(const std::vector<float>& mean, double bin_hz) {
  const std::vector<float> around = running_mean(mean, bins_of(kNeighboursHz, bin_hz));
  std::vector<float> over(mean.size()), highest(mean.size());
  for (std::size_t k = 0; k < mean.size(); ++k) over[k] = std::min(kMostDb, mean[k] - around[k]);
  highest.front() = over.front();
  highest.back() = over.back();
  for (std::size_t k = 1; k + 1 < mean.size(); ++k) {
    highest[k] = std::max({over[k - 1], over[k], over[k + 1]});
  }
  return highest;
}

/// Lines at multiples of one spacing.
class Lines {
 public:
  explicit Lines(const LineSpectrum& spectrum) : spectrum_(spectrum) {
    for (int step = 0; step < 256; ++step) {
      height_of_[static_cast<std::size_t>(step)] =
          static_cast<float>(LineSpectrum::kLeast + LineSpectrum::kStep * (step - 1));
    }
  }

  LineMatch at(double spacing_hz, double speed) {
    const double step_hz = spacing_hz * speed, per_bin = 1 / spectrum_.bin_hz;
    const auto first = static_cast<int>(std::ceil(kLowestHz / step_hz));
    const auto last = static_cast<int>(std::floor(kHighestHz / step_hz));
    heights_.clear();
    for (int line = first; line <= last; ++line) {
      const double place = (line * step_hz - LineSpectrum::kLowHz) * per_bin + 0.5;
      const auto k = static_cast<std::size_t>(place);
      if (k >= spectrum_.steps.size()) break;
      if (spectrum_.steps[k] != 0) heights_.push_back(height_of_[spectrum_.steps[k]]);
    }
    if (heights_.size() < kLeastLines) return {};
    const std::size_t half = heights_.size() / 2;
    const auto middle = heights_.begin() + static_cast<std::ptrdiff_t>(half);
    const double low = std::accumulate(heights_.begin(), middle, 0.0);
    const double high = std::accumulate(middle, heights_.end(), 0.0);
    const auto over_root = [](double sum, std::size_t n) {
      return sum / std::sqrt(static_cast<double>(n));
    };
    const double weaker = std::min(over_root(low, half), over_root(high, heights_.size() - half));
    return {over_root(low + high, heights_.size()), std::numbers::sqrt2 * weaker, step_hz, speed};
  }

 private:
  const LineSpectrum& spectrum_;
  std::array<float, 256> height_of_;
  std::vector<float> heights_;
};

/// Keeps the stronger of two, and the better weaker half of either; no spacing means no match.
void prefer(LineMatch& best, const LineMatch& match) {
  if (match.spacing_hz == 0) return;
  const bool first = best.spacing_hz == 0;
  const double weaker_half =
      first ? match.weaker_half : std::max(best.weaker_half, match.weaker_half);
  if (first || match.strength > best.strength) best = match;
  best.weaker_half = weaker_half;
}

}  // namespace

LineSpectrum line_spectrum(std::span<const float> signal, int rate_hz) {
  const std::vector<float> mean = mean_spectrum_db(signal, kWindow, kWindow / 2);
  if (mean.empty()) return {};
  LineSpectrum result;
  result.bin_hz = static_cast<double>(rate_hz) / static_cast<double>(kWindow);
  const std::vector<float> heights = heights_of(mean, result.bin_hz);
  std::vector<float> squares(heights.size());
  for (std::size_t k = 0; k < heights.size(); ++k) squares[k] = heights[k] * heights[k];
  const std::size_t nearby = bins_of(kNearbyHz, result.bin_hz);
  const std::vector<float> usual = running_mean(heights, nearby);
  const std::vector<float> usual_square = running_mean(squares, nearby);
  const auto first = static_cast<std::size_t>(std::lround(LineSpectrum::kLowHz / result.bin_hz));
  const auto last = static_cast<std::size_t>(std::lround(LineSpectrum::kHighHz / result.bin_hz));
  for (std::size_t k = first; k <= last && k < mean.size(); ++k) {
    if (mean[k] < kEmptyDb) {
      result.steps.push_back(0);
      continue;
    }
    const double centre = static_cast<double>(usual[k]);
    const double variance = static_cast<double>(usual_square[k]) - centre * centre;
    const double deviation = std::sqrt(std::max(variance, 0.0)) + kPadDb;
    const double z = std::clamp((static_cast<double>(heights[k]) - centre) / deviation,
                                LineSpectrum::kLeast, LineSpectrum::kMost);
    const double step = (z - LineSpectrum::kLeast) / LineSpectrum::kStep;
    result.steps.push_back(static_cast<std::uint8_t>(1 + std::lround(step)));
  }
  return result;
}

const Strides& known_strides() {
  static const Strides strides = [] {
    Strides s;
    constexpr std::array kUsual = {40, 64, 128, 256, 320, 512};
    constexpr std::array kProducts = {32, 40, 64, 80, 100, 128, 160, 200, 256, 300, 320, 512};
    for (const int product : kUsual) s.usual.push_back(44100.0 / product);
    for (const double rate_hz : {44100.0, 48000.0, 32000.0, 24000.0, 22050.0, 16000.0}) {
      for (const int product : kProducts) s.other.push_back(rate_hz / product);
    }
    std::sort(s.other.begin(), s.other.end());
    // From 60 Hz, where lines crowd, to 1.4 kHz, where too few are left; each once.
    std::erase_if(s.other, [&](double hz) {
      return hz < 60 || hz > 1400 || std::find(s.usual.begin(), s.usual.end(), hz) != s.usual.end();
    });
    s.other.erase(std::unique(s.other.begin(), s.other.end()), s.other.end());
    for (const int semitones : {-2, -1, 1, 2}) {
      for (const double hz : s.usual) s.transposed.push_back(hz * std::exp2(semitones / 12.0));
    }
    return s;
  }();
  return strides;
}

LineMatch match_lines(const LineSpectrum& spectrum, std::span<const double> spacings_hz,
                      double reach) {
  if (spectrum.empty()) return {};
  Lines lines(spectrum);
  const double step = kShiftBins * spectrum.bin_hz / kHighestHz;
  const auto most = std::max(1L, std::lround(std::log1p(reach) / step));
  LineMatch best;
  for (const double spacing_hz : spacings_hz) {
    for (long shift = -most; shift <= most; ++shift) {
      prefer(best, lines.at(spacing_hz, std::exp(step * static_cast<double>(shift))));
    }
  }
  return best;
}

StrideMatches match_strides(const LineSpectrum& spectrum) {
  const Strides& strides = known_strides();
  StrideMatches matches;
  auto& [usual, other, transposed, near] = matches.best;
  for (const double& spacing_hz : strides.usual) {
    const LineMatch match = match_lines(spectrum, {&spacing_hz, 1}, 0);
    matches.each.push_back(match.strength);
    prefer(usual, match);
  }
  other = match_lines(spectrum, strides.other, 0);
  transposed = match_lines(spectrum, strides.transposed, 0);
  near = match_lines(spectrum, strides.usual, kNearSpeed);
  return matches;
}

}  // namespace brandiron::detect
