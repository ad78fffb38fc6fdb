#include "surface.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/det_math.h"
#include "simd.h"
#include "windows.h"

namespace brandiron::watermark {
namespace {

// Energies this far under the mean cell say nothing about the mark.
constexpr double kRelativeFloor = 1e-8;
constexpr double kAbsoluteFloor = 1e-14;

struct BandBins {
  std::size_t first = 0, last = 0;  // whole bins [first, last)
  float head = 0, tail = 0;         // shares of bins first - 1 and last
};

// Bin k covers [k - 1/2, k + 1/2) bin widths.
std::array<BandBins, kNumBands> band_bins(double bin_hz, double pitch_ratio, std::size_t num_bins) {
  constexpr BandEdges edges = band_edges_hz();
  std::array<BandBins, kNumBands> bands{};
  const double end = static_cast<double>(num_bins) - 1.0;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const double low = std::min(end, edges[b] * pitch_ratio / bin_hz + 0.5);
    const double high = std::min(end, edges[b + 1] * pitch_ratio / bin_hz + 0.5);
    const double first = std::ceil(low), last = std::floor(high);
    BandBins& bins = bands[b];
    if (first > last) {  // inside one bin
      bins.first = bins.last = static_cast<std::size_t>(last);
      bins.tail = static_cast<float>(high - low);
      continue;
    }
    bins.first = static_cast<std::size_t>(first);
    bins.last = static_cast<std::size_t>(last);
    bins.head = static_cast<float>(first - low);
    bins.tail = static_cast<float>(high - last);
  }
  return bands;
}

BRANDIRON_WIDE void add_power(const std::complex<float>* spectrum, float* power, std::size_t n) {
  const float* x = reinterpret_cast<const float*>(spectrum);
  for (std::size_t k = 0; k < n; ++k) power[k] += x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
}

float band_energy(const float* power, const BandBins& bins) {
  float sum = bins.tail * power[bins.last];
  if (bins.head > 0) sum += bins.head * power[bins.first - 1];
  for (std::size_t k = bins.first; k < bins.last; ++k) sum += power[k];
  return sum;
}

}  // namespace

EnergySurface::EnergySurface(const AudioBuffer& audio, double pitch_ratio,
                             std::size_t hops_per_window) {
  *this = std::move(at_pitches(audio, {pitch_ratio}, hops_per_window).front());
}

std::vector<EnergySurface> EnergySurface::at_pitches(const AudioBuffer& audio,
                                                     const std::vector<double>& pitch_ratios,
                                                     std::size_t hops_per_window) {
  const std::size_t n = window_samples(audio.rate_hz());
  const std::size_t hop = n / hops_per_window;
  const std::size_t num_windows = audio.num_frames() / hop + 1;
  const RealFft fft(n);
  const std::vector<float> shape = hann_window(n);
  const double bin_hz = static_cast<double>(audio.rate_hz()) / static_cast<double>(n);

  std::vector<EnergySurface> surfaces;
  std::vector<std::array<BandBins, kNumBands>> bands;
  std::size_t top_bin = 0;
  for (const double ratio : pitch_ratios) {
    EnergySurface surface;
    surface.hop_s_ = static_cast<double>(hop) / audio.rate_hz();
    surface.duration_s_ = audio.duration_s();
    surface.num_windows_ = num_windows;
    surface.prefix_.assign((num_windows + 1) * kNumBands, 0.0);
    surfaces.push_back(std::move(surface));
    bands.push_back(band_bins(bin_hz, ratio, fft.num_bins()));
    top_bin = std::max(top_bin, std::min(bands.back().back().last + 1, fft.num_bins()));
  }
  std::vector<float> block(n), power(fft.num_bins());
  std::vector<std::complex<float>> spectrum(fft.num_bins());
  const double scale = 1.0 / (static_cast<double>(n) * static_cast<double>(n));
  for (std::size_t w = 0; w < num_windows; ++w) {
    std::fill(power.begin(), power.end(), 0.0F);
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      cut_window(audio.channel(c), w * hop, shape, block);
      fft.forward(block, spectrum);
      add_power(spectrum.data(), power.data(), top_bin);
    }
    for (std::size_t s = 0; s < surfaces.size(); ++s) {
      const double* before = surfaces[s].prefix_.data() + w * kNumBands;
      double* after = surfaces[s].prefix_.data() + (w + 1) * kNumBands;
      for (std::size_t b = 0; b < kNumBands; ++b) {
        after[b] = before[b] + scale * static_cast<double>(band_energy(power.data(), bands[s][b]));
      }
    }
  }
  for (EnergySurface& surface : surfaces) surface.set_floor();
  return surfaces;
}

void EnergySurface::set_floor() {
  double total = 0;
  for (std::size_t b = 0; b < kNumBands; ++b) total += prefix_[num_windows_ * kNumBands + b];
  const double mean = total / static_cast<double>(num_windows_ * kNumBands);
  floor_ = std::max(kAbsoluteFloor, mean * kRelativeFloor);
}

std::size_t EnergySurface::num_cells(double start_s, double cell_s) const {
  const double room = duration_s_ - start_s;
  return room <= 0 ? 0 : static_cast<std::size_t>(room / cell_s);
}

Table EnergySurface::cells_db(double start_s, double cell_s) const {
  Table cells(num_cells(start_s, cell_s));
  const double hops = cell_s / hop_s_;
  std::array<double, kNumBands> previous{}, current{};
  const auto sum_before = [&](double second, std::array<double, kNumBands>& out) {
    // Window w stands for [w - 1/2, w + 1/2) hops.
    const double x = std::clamp(second / hop_s_ + 0.5, 0.0, static_cast<double>(num_windows_));
    const auto w = std::min(static_cast<std::size_t>(x), num_windows_ - 1);
    const double part = x - static_cast<double>(w);
    const double* a = prefix_.data() + w * kNumBands;
    const double* b = a + kNumBands;
    for (std::size_t k = 0; k < kNumBands; ++k) out[k] = a[k] + part * (b[k] - a[k]);
  };
  sum_before(start_s, previous);
  for (std::size_t t = 0; t < cells.rows; ++t) {
    sum_before(start_s + static_cast<double>(t + 1) * cell_s, current);
    float* row = cells.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double energy = (current[b] - previous[b]) / hops + floor_;
      row[b] = static_cast<float>(10.0 * det::log10(energy));
    }
    previous = current;
  }
  return cells;
}

}  // namespace brandiron::watermark
