#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/decoder_study.h"
#include "decoder_study/shapes.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kBins = kCombWindow / 2 + 1;
constexpr std::ptrdiff_t kMedianHalf = 30, kTooth = 3;  // bins on either side
constexpr double kPresentDb = 1.5, kRank = 0.99;
constexpr double kSoundingDbfs = -70;

struct Averages {
  std::vector<double> original = std::vector<double>(kBins), twin = std::vector<double>(kBins);
  std::size_t windows = 0;
};

bool sounds(std::span<const float> x, std::size_t window) {
  const std::size_t middle = window * kCombHop, half = kCombWindow / 2;
  const std::size_t from = middle > half ? middle - half : 0;
  const std::size_t to = std::min(x.size(), middle + half);
  double energy = 0;
  for (std::size_t i = from; i < to; ++i) energy += static_cast<double>(x[i]) * x[i];
  return energy > std::pow(10.0, 0.1 * kSoundingDbfs) * static_cast<double>(kCombWindow);
}

double level_db(float power) {
  return 10 * std::log10(std::clamp(static_cast<double>(power), 1e-10, 1e6));
}

void add_channel(std::span<const float> x, std::span<const float> y, Averages& sums) {
  const StftOptions options{.window_samples = kCombWindow, .hop_samples = kCombHop};
  const std::vector<float> a = power_spectrogram(x, options), b = power_spectrogram(y, options);
  for (std::size_t t = 0; t < a.size() / kBins; ++t) {
    if (!sounds(x, t)) continue;
    ++sums.windows;
    for (std::size_t k = 0; k < kBins; ++k) {
      sums.original[k] += level_db(a[t * kBins + k]);
      sums.twin[k] += level_db(b[t * kBins + k]);
    }
  }
}

/// Less its running median; fewer bins at the ends.
std::vector<double> narrow(const std::vector<double>& values) {
  const auto n = static_cast<std::ptrdiff_t>(values.size());
  std::vector<double> out(values.size()), around;
  for (std::ptrdiff_t k = 0; k < n; ++k) {
    around.assign(values.begin() + std::max<std::ptrdiff_t>(0, k - kMedianHalf),
                  values.begin() + std::min(n, k + kMedianHalf + 1));
    const auto middle = around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2);
    std::nth_element(around.begin(), middle, around.end());
    out[static_cast<std::size_t>(k)] = values[static_cast<std::size_t>(k)] - *middle;
  }
  return out;
}

/// Looks for combs in one residual: sums over all bins are taken once.
class Looker {
 public:
  Looker(std::span<const double> residual, int rate_hz, const CombOptions& options)
      : residual_(residual),
        bin_hz_(static_cast<double>(rate_hz) / static_cast<double>(kCombWindow)),
        first_(static_cast<std::ptrdiff_t>(std::ceil(options.low_hz / bin_hz_))),
        last_(std::min(static_cast<std::ptrdiff_t>(residual.size()) - 1,
                       static_cast<std::ptrdiff_t>(options.high_hz / bin_hz_))) {
    for (std::ptrdiff_t k = first_; k <= last_; ++k) total_ += at(k);
  }

  Comb look(double spacing_hz) const {
    Comb comb;
    comb.spacing_hz = spacing_hz;
    double on = 0, peak = -1e9, near = 0;
    std::ptrdiff_t near_bins = 0, covered = first_ - 1;
    const double step = spacing_hz / bin_hz_;
    for (auto m = static_cast<int>(std::ceil(static_cast<double>(first_) / step));; ++m) {
      const auto bin = static_cast<std::ptrdiff_t>(std::llround(m * step));
      if (bin > last_) break;
      if (bin < first_) continue;
      ++comb.multiples;
      on += at(bin);
      peak = std::max(peak, at(bin));
      for (std::ptrdiff_t k = std::max(covered + 1, bin - kTooth);
           k <= std::min(last_, bin + kTooth); ++k) {
        near += at(k);
        ++near_bins;
        covered = k;
      }
    }
    const std::ptrdiff_t between = last_ - first_ + 1 - near_bins;
    if (comb.multiples < 2 || between < 1) return {spacing_hz, 0, 0, 0, 0, 0};
    const double level = (total_ - near) / static_cast<double>(between);
    comb.strength_db = on / comb.multiples - level;
    comb.peak_db = peak - level;
    return comb;
  }

 private:
  double at(std::ptrdiff_t k) const { return residual_[static_cast<std::size_t>(k)]; }

  std::span<const double> residual_;
  double bin_hz_;
  std::ptrdiff_t first_, last_;
  double total_ = 0;
};

/// Whether a comb that is `ratio` times as wide shares many of its teeth.
bool related(double ratio) {
  if (std::abs(ratio - 1) < 0.02) return true;
  for (int p = 1; p <= 8; ++p) {
    for (int q = 1; q <= 8; ++q) {
      if (std::abs(ratio * q / p - 1) < 0.005) return true;
    }
  }
  return false;
}

}  // namespace

bool Comb::present() const { return strength_db >= kPresentDb && rank >= kRank; }

std::vector<double> comb_residual_db(const AudioBuffer& original, const AudioBuffer& twin) {
  check_twins("comb", original, twin);
  Averages sums;
  for (const std::size_t c : sounding_channels(original)) {
    add_channel(original.channel(c), twin.channel(c), sums);
  }
  if (original.num_frames() < kCombWindow || sums.windows == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("comb: found {} samples that sound in {} windows, expected at least {} "
                            "samples over {:g} dBFS",
                            original.num_frames(), sums.windows, kCombWindow, kSoundingDbfs));
  }
  for (std::size_t k = 0; k < kBins; ++k) {
    sums.original[k] /= static_cast<double>(sums.windows);
    sums.twin[k] /= static_cast<double>(sums.windows);
  }
  std::vector<double> residual = narrow(sums.twin);
  const std::vector<double> own = narrow(sums.original);
  for (std::size_t k = 0; k < kBins; ++k) residual[k] -= own[k];
  return residual;
}

Comb measure_comb(std::span<const double> residual_db, int rate_hz, double spacing_hz,
                  const CombOptions& options) {
  const Looker looker(residual_db, rate_hz, options);
  Comb comb;
  if (spacing_hz >= 1) comb = looker.look(spacing_hz);
  if (comb.multiples < 2 || options.random_spacings < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("comb: a spacing of {:g} Hz has {} multiples between {:g} and {:g} Hz "
                            "with bins between them, expected two or more",
                            spacing_hz, comb.multiples, options.low_hz, options.high_hz));
  }
  Rng rng(options.seed, "comb-spacings");
  std::vector<double> strengths;
  while (strengths.size() < static_cast<std::size_t>(options.random_spacings)) {
    const double ratio = 0.7 * det::exp2(rng.uniform());
    if (related(ratio)) continue;
    const Comb other = looker.look(ratio * spacing_hz);
    if (other.multiples >= 2) strengths.push_back(other.strength_db);
  }
  std::sort(strengths.begin(), strengths.end());
  const auto weaker =
      std::lower_bound(strengths.begin(), strengths.end(), comb.strength_db) - strengths.begin();
  comb.rank = static_cast<double>(weaker) / static_cast<double>(strengths.size());
  comb.random_p99_db = strengths[(strengths.size() * 99) / 100];
  return comb;
}

std::vector<double> comb_spacings_hz(int rate_hz, const std::vector<int>& strides) {
  std::vector<double> spacings;
  double product = 1;
  for (auto s = strides.rbegin(); s != strides.rend(); ++s) {
    product *= *s;
    spacings.push_back(rate_hz / product);
  }
  std::reverse(spacings.begin(), spacings.end());
  return spacings;
}

}  // namespace brandiron::experiments
