#include "cell_stream.h"

#include <algorithm>

#include "brandiron/core/det_math.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kHopsPerWindow = 2;
// Energies this far under the mean cell say nothing about the mark.
constexpr double kRelativeFloor = 1e-8;
constexpr double kAbsoluteFloor = 1e-14;

}  // namespace

CellStream::CellStream(int rate_hz, std::size_t num_channels)
    : rate_hz_(rate_hz),
      spectra_(rate_hz, num_channels, kHopsPerWindow, PowerSurface::kTopHz),
      bands_(map_bands(spectra_.bin_hz(), 1.0, spectra_.num_bins())) {
  hop_s_ = spectra_.hop_s();
  const auto size = static_cast<double>(window_samples(rate_hz));
  scale_ = 1.0 / (size * size);
}

void CellStream::push(std::span<const float* const> channels, std::size_t frames) {
  spectra_.push(channels, frames, [this](std::span<const float> power) { add_window(power); });
}

void CellStream::finish() {
  spectra_.finish([this](std::span<const float> power) { add_window(power); });
  const double duration_s = static_cast<double>(spectra_.frames()) / rate_hz_;
  const auto whole = static_cast<std::size_t>(duration_s / kCellSeconds);
  while (end() < whole) add_cell();
}

void CellStream::drop_before(std::size_t cell) {
  while (first_ < cell && !cells_.empty()) {
    cells_.pop_front();
    ++first_;
  }
}

Table CellStream::cells_db(std::size_t from, std::size_t to) const {
  Table table(to - from);
  double total = 0;
  for (std::size_t t = from; t < to; ++t) {
    for (const double energy : cells_[t - first_]) total += energy;
  }
  const double count = static_cast<double>((to - from) * kNumBands);
  const double floor = std::max(kAbsoluteFloor, total / count * kRelativeFloor);
  for (std::size_t t = from; t < to; ++t) {
    const Row& cell = cells_[t - first_];
    float* row = table.row(t - from);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      row[b] = static_cast<float>(10.0 * det::log10(cell[b] + floor));
    }
  }
  return table;
}

void CellStream::add_window(std::span<const float> power) {
  Row row{};
  for (std::size_t b = 0; b < kNumBands; ++b) {
    row[b] = scale_ * static_cast<double>(band_power(power.data(), bands_[b]));
  }
  windows_.push_back(row);
  while (next_cell_is_complete()) add_cell();
}

bool CellStream::next_cell_is_complete() const {
  const double end_s = static_cast<double>(end() + 1) * kCellSeconds;
  const std::size_t windows = first_window_ + windows_.size();
  return static_cast<double>(windows) > end_s / hop_s_ + 2.0;
}

// Window w stands for [w - 1/2, w + 1/2) hops.
void CellStream::add_cell() {
  const auto cell = static_cast<double>(end());
  const double from = cell * kCellSeconds / hop_s_ + 0.5;
  const double to = (cell + 1.0) * kCellSeconds / hop_s_ + 0.5;
  while (!windows_.empty() && static_cast<double>(first_window_ + 1) <= from) {
    windows_.pop_front();
    ++first_window_;
  }
  Row sum{};
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const auto w = static_cast<double>(first_window_ + i);
    const double share = std::min(to, w + 1.0) - std::max(from, w);
    if (share <= 0) break;
    for (std::size_t b = 0; b < kNumBands; ++b) sum[b] += share * windows_[i][b];
  }
  const double hops = kCellSeconds / hop_s_;
  for (double& energy : sum) energy /= hops;
  cells_.push_back(sum);
}

}  // namespace brandiron::watermark
