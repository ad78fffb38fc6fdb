#include "surface.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "spectra.h"

namespace brandiron::watermark {
namespace {

// Energies this far under the mean cell say nothing about the mark.
constexpr double kRelativeFloor = 1e-8;
constexpr double kAbsoluteFloor = 1e-14;
constexpr std::size_t kBlockWindows = 1024;

// Of a power spectrum: full scale does not depend on the window's length.
double power_scale(double rate_hz) {
  const auto n = static_cast<double>(window_samples(rate_hz));
  return 1.0 / (n * n);
}

}  // namespace

// Bin k covers [k - 1/2, k + 1/2) bin widths.
BandMap map_bands(double bin_hz, double pitch_ratio, std::size_t num_bins) {
  constexpr BandEdges edges = band_edges_hz();
  BandMap bands{};
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

float band_power(const float* power, const BandBins& bins) {
  float sum = bins.tail * power[bins.last];
  if (bins.head > 0) sum += bins.head * power[bins.first - 1];
  for (std::size_t k = bins.first; k < bins.last; ++k) sum += power[k];
  return sum;
}

EnergySurface::EnergySurface(double hop_s, double duration_s, std::size_t num_windows)
    : hop_s_(hop_s), duration_s_(duration_s) {
  prefix_.reserve((num_windows + 1) * kNumBands);
  prefix_.assign(kNumBands, 0.0);
}

EnergySurface::EnergySurface(const AudioBuffer& audio)
    : EnergySurface(PowerSurface(audio).at_pitch(1.0)) {}

void EnergySurface::add(std::span<const float> power, const BandMap& bands, double scale) {
  prefix_.resize(prefix_.size() + kNumBands);
  double* after = prefix_.data() + (num_windows_ + 1) * kNumBands;
  const double* before = after - kNumBands;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    after[b] = before[b] + scale * static_cast<double>(band_power(power.data(), bands[b]));
  }
  ++num_windows_;
}

double EnergySurface::floor() const {
  double total = 0;
  for (std::size_t b = 0; b < kNumBands; ++b) total += prefix_[num_windows_ * kNumBands + b];
  const double mean = total / static_cast<double>(num_windows_ * kNumBands);
  return std::max(kAbsoluteFloor, mean * kRelativeFloor);
}

std::size_t EnergySurface::num_cells(double start_s, double cell_s) const {
  const double room = duration_s_ - start_s;
  return room <= 0 || num_windows_ == 0 ? 0 : static_cast<std::size_t>(room / cell_s);
}

Table EnergySurface::cells_db(double start_s, double cell_s) const {
  Table cells(num_cells(start_s, cell_s));
  if (cells.rows == 0) return cells;
  const double hops = cell_s / hop_s_;
  const double floor_energy = floor();
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
      const double energy = (current[b] - previous[b]) / hops + floor_energy;
      row[b] = static_cast<float>(10.0 * det::log10(energy));
    }
    previous = current;
  }
  return cells;
}

PowerSurface::PowerSurface(int rate_hz, double hop_s, double bin_hz, std::size_t num_bins)
    : hop_s_(hop_s), bin_hz_(bin_hz), scale_(power_scale(rate_hz)), num_bins_(num_bins) {}

PowerSurface::PowerSurface(const AudioBuffer& audio) : PowerSurface(audio.rate_hz(), 1, 1, 0) {
  SpectrumStream stream(audio.rate_hz(), audio.num_channels(), kHopsPerWindow, kTopHz);
  hop_s_ = stream.hop_s();
  bin_hz_ = stream.bin_hz();
  num_bins_ = stream.num_bins();
  SpectrumStream::run(audio, stream, [this](std::span<const float> power) { add(power); });
  duration_s_ = audio.duration_s();
}

float* PowerSurface::row(std::size_t w) {
  return blocks_[w / kBlockWindows].data() + w % kBlockWindows * num_bins_;
}

const float* PowerSurface::row(std::size_t w) const {
  return blocks_[w / kBlockWindows].data() + w % kBlockWindows * num_bins_;
}

void PowerSurface::add(std::span<const float> power) {
  if (num_windows_ == blocks_.size() * kBlockWindows) {
    blocks_.emplace_back(kBlockWindows * num_bins_);
  }
  std::copy(power.begin(), power.end(), row(num_windows_));
  ++num_windows_;
}

void PowerSurface::start_next() {
  if (num_windows_ > 1) std::copy_n(row(num_windows_ - 1), num_bins_, row(0));
  num_windows_ = std::min<std::size_t>(num_windows_, 1);
}

EnergySurface PowerSurface::at_pitch(double pitch_ratio) const {
  return at_pitch(pitch_ratio, 0.0, duration_s_);
}

EnergySurface PowerSurface::at_pitch(double pitch_ratio, double start_s, double duration_s) const {
  const auto first =
      std::min(num_windows_, static_cast<std::size_t>(std::ceil(start_s / hop_s_ - 1e-9)));
  const std::size_t count =
      std::min(num_windows_ - first, static_cast<std::size_t>(duration_s / hop_s_ + 1e-9) + 1);
  const BandMap bands = map_bands(bin_hz_, pitch_ratio, num_bins_);
  EnergySurface surface(hop_s_, duration_s, count);
  for (std::size_t w = first; w < first + count; ++w) {
    surface.add({row(w), num_bins_}, bands, scale_);
  }
  return surface;
}

}  // namespace brandiron::watermark
