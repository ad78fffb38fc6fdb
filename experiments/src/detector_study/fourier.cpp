#include "detector_study/fourier.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::experiments {
namespace {

constexpr int kRateHz = 44100;
constexpr std::size_t kWindow = 16384, kHop = 8192, kHullWindow = 10;
constexpr double kLowHz = 5000, kHighHz = 16000, kMostSeconds = 180;
constexpr double kHullFloorDb = -45, kMostDb = 5;

/// Mean over windows and channels of the level in dB: music moves, a decoder's peaks stay.
std::vector<double> mean_levels(const AudioBuffer& audio) {
  const StftOptions options{kWindow, kHop, true};
  const std::size_t bins = kWindow / 2 + 1;
  std::vector<double> mean(bins, 0.0);
  std::size_t windows = 0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const std::vector<float> power = power_spectrogram(audio.channel(c), options);
    for (std::size_t i = 0; i < power.size(); ++i) {
      mean[i % bins] += 10 * std::log10(std::clamp(static_cast<double>(power[i]), 1e-10, 1e6));
    }
    windows += power.size() / bins;
  }
  for (double& level : mean) level /= static_cast<double>(std::max<std::size_t>(windows, 1));
  return mean;
}

/// The three quadratic B-splines that are not zero in the knot interval of `at`, and the first's
/// number. @see de Boor, "A practical guide to splines", chapter X.
struct Basis {
  std::size_t first = 0;
  double value[3] = {0, 0, 0};
};

Basis basis_at(const std::vector<double>& knots, double at) {
  const std::size_t last = knots.size() - 4;
  const auto above = std::upper_bound(knots.begin(), knots.end(), at) - knots.begin();
  const std::size_t i = std::clamp<std::size_t>(static_cast<std::size_t>(above) - 1, 2, last);
  const double left1 = at - knots[i], right1 = knots[i + 1] - at;
  const double left2 = at - knots[i - 1], right2 = knots[i + 2] - at;
  const double one = right1 / (right1 + left1), two = left1 / (right1 + left1);
  Basis basis;
  basis.first = i - 2;
  basis.value[0] = one * right1 / (right1 + left2);
  basis.value[1] = one * left2 / (right1 + left2) + two * right2 / (right2 + left1);
  basis.value[2] = two * left1 / (right2 + left1);
  return basis;
}

/// Solves the tridiagonal system in place; `right` becomes the solution.
void solve_tridiagonal(const std::vector<double>& lower, std::vector<double> diagonal,
                       const std::vector<double>& upper, std::vector<double>& right) {
  const std::size_t n = right.size();
  for (std::size_t i = 1; i < n; ++i) {
    const double factor = lower[i] / diagonal[i - 1];
    diagonal[i] -= factor * upper[i - 1];
    right[i] -= factor * right[i - 1];
  }
  for (std::size_t i = n; i-- > 0;) {
    if (i + 1 < n) right[i] -= upper[i] * right[i + 1];
    right[i] /= diagonal[i];
  }
}

}  // namespace

std::vector<double> quadratic_spline(std::span<const double> x, std::span<const double> y,
                                     std::size_t count) {
  const std::size_t n = x.size();
  std::vector<double> knots(3, x[0]);
  for (std::size_t i = 1; i + 2 < n; ++i) knots.push_back(0.5 * (x[i] + x[i + 1]));
  knots.insert(knots.end(), 3, x[n - 1]);

  std::vector<double> lower(n, 0), diagonal(n, 0), upper(n, 0), weight(y.begin(), y.end());
  for (std::size_t i = 0; i < n; ++i) {
    const Basis basis = basis_at(knots, x[i]);
    for (std::size_t k = 0; k < 3; ++k) {
      const std::size_t column = basis.first + k;
      if (column == i) diagonal[i] = basis.value[k];
      if (column + 1 == i) lower[i] = basis.value[k];
      if (column == i + 1) upper[i] = basis.value[k];
    }
  }
  solve_tridiagonal(lower, diagonal, upper, weight);

  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Basis basis = basis_at(knots, static_cast<double>(i));
    for (std::size_t k = 0; k < 3; ++k) values[i] += basis.value[k] * weight[basis.first + k];
  }
  return values;
}

std::vector<double> lower_hull(std::span<const double> curve, std::size_t window) {
  std::vector<std::size_t> points = {0};
  for (std::size_t at = 0; at + window <= curve.size(); ++at) {
    const auto part = curve.subspan(at, window);
    const auto least =
        at + static_cast<std::size_t>(std::min_element(part.begin(), part.end()) - part.begin());
    if (least > points.back()) points.push_back(least);
  }
  if (points.back() != curve.size() - 1) points.push_back(curve.size() - 1);
  std::vector<double> x, y;
  for (const std::size_t point : points) {
    x.push_back(static_cast<double>(point));
    y.push_back(curve[point]);
  }
  return quadratic_spline(x, y, curve.size());
}

std::vector<float> fourier_features(const AudioBuffer& audio) {
  if (audio.rate_hz() != kRateHz) {
    throw Error(ErrorCode::kInvalidArgument,
                "Fourier features: " + std::to_string(audio.rate_hz()) + " Hz, expected 44100");
  }
  const auto most = static_cast<std::size_t>(kMostSeconds * kRateHz);
  const std::vector<double> levels = mean_levels(audio.slice(0, most));
  const double bin_hz = static_cast<double>(kRateHz) / kWindow;
  std::vector<double> curve;
  for (std::size_t b = 0; b < levels.size(); ++b) {
    const double hz = static_cast<double>(b) * bin_hz;
    if (hz > kLowHz && hz < kHighHz) curve.push_back(levels[b]);
  }
  const std::vector<double> hull = lower_hull(curve, kHullWindow);
  std::vector<double> excess(curve.size());
  double largest = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    excess[i] = std::clamp(curve[i] - std::max(hull[i], kHullFloorDb), 0.0, kMostDb);
    largest = std::max(largest, excess[i]);
  }
  std::vector<float> features(curve.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    features[i] = static_cast<float>(excess[i] / (largest + 1e-6));
  }
  return features;
}

void write_features(const std::filesystem::path& file, std::span<const float> features) {
  std::string bytes;
  bytes.reserve(2 * features.size());
  for (const float x : features) {
    const auto value = static_cast<std::uint32_t>(std::lround(std::clamp(x, 0.0F, 1.0F) * 65535));
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8);
  }
  write_file(file, bytes, true);
}

std::vector<float> read_features(const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  if (bytes.size() != 2 * kNumFourier) {
    throw Error(ErrorCode::kFormat, file.string() + ": " + std::to_string(bytes.size()) +
                                        " bytes, expected " + std::to_string(2 * kNumFourier));
  }
  std::vector<float> features(kNumFourier);
  for (std::size_t i = 0; i < kNumFourier; ++i) {
    const auto low = static_cast<unsigned char>(bytes[2 * i]);
    const auto high = static_cast<unsigned char>(bytes[2 * i + 1]);
    features[i] = static_cast<float>(low + 256 * high) / 65535.0F;
  }
  return features;
}

}  // namespace brandiron::experiments
