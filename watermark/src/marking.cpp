#include "marking.h"

#include <algorithm>
#include <cmath>

#include "simd.h"
#include "windows.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kUnmarkedBand = kNumBands;

// The band in which each FFT bin's centre lies.
std::vector<std::size_t> band_of_bins(std::size_t num_bins, double bin_hz) {
  constexpr BandEdges edges = band_edges_hz();
  std::vector<std::size_t> band(num_bins, kUnmarkedBand);
  for (std::size_t k = 0; k < num_bins; ++k) {
    const double hz = static_cast<double>(k) * bin_hz;
    for (std::size_t b = 0; b < kNumBands; ++b) {
      if (hz >= edges[b] && hz < edges[b + 1]) band[k] = b;
    }
  }
  return band;
}

BRANDIRON_WIDE void scale_bins(std::complex<float>* spectrum, const float* gain, std::size_t n) {
  float* x = reinterpret_cast<float*>(spectrum);
  for (std::size_t k = 0; k < n; ++k) {
    x[2 * k] *= gain[k];
    x[2 * k + 1] *= gain[k];
  }
}

BRANDIRON_WIDE void add_product(float* out, const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += a[i] * b[i];
}

// The largest magnitude of a + b.
BRANDIRON_WIDE float largest_sum(const float* a, const float* b, std::size_t n) {
  constexpr std::size_t kLanes = 8;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float size = std::abs(a[i + k] + b[i + k]);
      lanes[k] = lanes[k] < size ? size : lanes[k];
    }
  }
  for (; i < n; ++i) lanes[0] = std::max(lanes[0], std::abs(a[i] + b[i]));
  return *std::max_element(lanes, lanes + kLanes);
}

}  // namespace

Marking::Marking(int rate_hz)
    : size_(window_samples(rate_hz)),
      fft_(size_),
      shape_(sqrt_hann_window(size_)),
      gain_(fft_.num_bins()),
      block_(size_),
      band_(
          band_of_bins(fft_.num_bins(), static_cast<double>(rate_hz) / static_cast<double>(size_))),
      spectrum_(fft_.num_bins()) {
  for (std::size_t k = 0; k < band_.size(); ++k) {
    if (band_[k] == kUnmarkedBand) continue;
    if (last_bin_ == 0) first_bin_ = k;
    last_bin_ = k + 1;
  }
}

void Marking::set_gains(const float* row) {
  for (std::size_t k = first_bin_; k < last_bin_; ++k) gain_[k] = row[band_[k]] - 1.0F;
}

void Marking::add(std::span<const float> signal, std::size_t centre, float* mark) {
  cut_window(signal, centre, shape_, block_);
  fft_.forward(block_, spectrum_);
  scale_bins(spectrum_.data(), gain_.data(), spectrum_.size());
  fft_.inverse(spectrum_, block_);
  add_product(mark + centre, block_.data(), shape_.data(), size_);
}

void yield_at_peaks(std::span<const float> signal, std::span<float> mark, float limit) {
  if (largest_sum(signal.data(), mark.data(), mark.size()) <= limit) return;
  std::vector<float> share;
  for (std::size_t i = 0; i < mark.size(); ++i) {
    const float sum = signal[i] + mark[i];
    if (std::abs(sum) <= limit) continue;
    if (share.empty()) share.assign(mark.size(), 1.0F);
    const float room = std::max(0.0F, limit - std::abs(signal[i]));
    const float allowed = 0.999F * room / std::abs(mark[i]);
    const std::size_t from = i > kYieldReach ? i - kYieldReach : 0;
    const std::size_t to = std::min(mark.size(), i + kYieldReach + 1);
    for (std::size_t k = from; k < to; ++k) {
      const float away =
          static_cast<float>(k > i ? k - i : i - k) / static_cast<float>(kYieldReach);
      share[k] = std::min(share[k], allowed + (1.0F - allowed) * away * away);
    }
  }
  if (share.empty()) return;
  for (std::size_t i = 0; i < mark.size(); ++i) mark[i] *= share[i];
}

}  // namespace brandiron::watermark
