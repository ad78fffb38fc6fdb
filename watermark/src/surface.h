#pragma once

#include <cstddef>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "grid.h"

namespace brandiron::watermark {

/// A (rows, kNumBands) table, row-major; rows are cells or windows in time order.
struct Table {
  std::size_t rows = 0;
  std::vector<float> data;
  Table() = default;
  explicit Table(std::size_t num_rows) : rows(num_rows), data(num_rows * kNumBands, 0.0F) {}
  float* row(std::size_t t) { return data.data() + t * kNumBands; }
  const float* row(std::size_t t) const { return data.data() + t * kNumBands; }
};

/// Band energies of short windows, summed over channels: (windows, kNumBands). Window w is centred
/// on second w * hop_s().
class EnergySurface {
 public:
  /// `hops_per_window` is 2 or 4.
  explicit EnergySurface(const AudioBuffer& audio, double pitch_ratio = 1.0,
                         std::size_t hops_per_window = 4);
  /// One surface for each pitch ratio, which scales the band edges; the transforms are shared.
  static std::vector<EnergySurface> at_pitches(const AudioBuffer& audio,
                                               const std::vector<double>& pitch_ratios,
                                               std::size_t hops_per_window = 4);

  double hop_s() const { return hop_s_; }
  double duration_s() const { return duration_s_; }

  /// Number of whole cells of `cell_s` seconds from `start_s` on.
  std::size_t num_cells(double start_s, double cell_s) const;
  /// Energy of those cells in dB over a floor 80 dB below the mean cell.
  Table cells_db(double start_s, double cell_s) const;

 private:
  EnergySurface() = default;
  void set_floor();

  double hop_s_ = 0;
  double duration_s_ = 0;
  double floor_ = 0;
  std::size_t num_windows_ = 0;
  std::vector<double> prefix_;  // (num_windows + 1, kNumBands): sums of the windows before
};

}  // namespace brandiron::watermark
