#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
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

/// The whole and broken FFT bins that make up one band.
struct BandBins {
  std::size_t first = 0, last = 0;  ///< whole bins [first, last)
  float head = 0, tail = 0;         ///< shares of bins first - 1 and last
};
using BandMap = std::array<BandBins, kNumBands>;

/// Bands whose edges are scaled by `pitch_ratio`; what lies above the last bin is cut off.
BandMap map_bands(double bin_hz, double pitch_ratio, std::size_t num_bins);
float band_power(const float* power, const BandBins& bins);

/// Band energies of short windows: (windows, kNumBands). Window w is centred on second w * hop_s().
class EnergySurface {
 public:
  explicit EnergySurface(const AudioBuffer& audio);
  /// Empty; room for `num_windows`.
  EnergySurface(double hop_s, double duration_s, std::size_t num_windows);
  /// Adds the next window's power spectrum; all windows must come before cells are asked for.
  void add(std::span<const float> power, const BandMap& bands, double scale);

  double hop_s() const { return hop_s_; }
  double duration_s() const { return duration_s_; }

  /// Number of whole cells of `cell_s` seconds from `start_s` on.
  std::size_t num_cells(double start_s, double cell_s) const;
  /// Energy of those cells in dB over a floor 80 dB below the mean cell.
  Table cells_db(double start_s, double cell_s) const;

 private:
  double floor() const;

  double hop_s_ = 0;
  double duration_s_ = 0;
  std::size_t num_windows_ = 0;
  std::vector<double> prefix_;  // (num_windows + 1, kNumBands): sums of the windows before
};

/// Power spectra of a recording (or one chapter of it), fine enough to read the bands at any pitch
/// the search can reach: what the verifier keeps instead of the audio.
class PowerSurface {
 public:
  static constexpr std::size_t kHopsPerWindow = 4;
  static constexpr double kTopHz = 8500.0;  ///< the highest band, two semitones and a bit up

  explicit PowerSurface(const AudioBuffer& audio);
  /// Empty; windows are added one by one.
  PowerSurface(int rate_hz, double hop_s, double bin_hz, std::size_t num_bins);

  void add(std::span<const float> power);
  void set_duration_s(double seconds) { duration_s_ = seconds; }
  /// Forgets all windows but the last, which becomes the first of the next chapter.
  void start_next();

  double hop_s() const { return hop_s_; }
  double duration_s() const { return duration_s_; }
  std::size_t num_windows() const { return num_windows_; }

  EnergySurface at_pitch(double pitch_ratio) const;
  /// `duration_s` seconds from the window at or after `start_s` on.
  EnergySurface at_pitch(double pitch_ratio, double start_s, double duration_s) const;

 private:
  float* row(std::size_t w);
  const float* row(std::size_t w) const;

  double hop_s_, bin_hz_, scale_;
  std::size_t num_bins_;
  double duration_s_ = 0;
  std::size_t num_windows_ = 0;
  std::vector<std::vector<float>> blocks_;
};

}  // namespace brandiron::watermark
