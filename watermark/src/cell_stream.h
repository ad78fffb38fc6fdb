#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <span>

#include "spectra.h"
#include "surface.h"

namespace brandiron::watermark {

/// Energies of the embedder's cells, each a function of the samples around it alone: chunks of a
/// stream and whole files see the same numbers.
class CellStream {
 public:
  CellStream(int rate_hz, std::size_t num_channels);
  void push(std::span<const float* const> channels, std::size_t frames);
  void finish();

  /// Cells [first(), end()) are held. After `finish`, end() is the number of whole cells.
  std::size_t first() const { return first_; }
  std::size_t end() const { return first_ + cells_.size(); }
  void drop_before(std::size_t cell);
  /// Held cells [from, to) in dB over a floor 80 dB below their mean.
  Table cells_db(std::size_t from, std::size_t to) const;

 private:
  using Row = std::array<double, kNumBands>;
  void add_window(std::span<const float> power);
  bool next_cell_is_complete() const;
  void add_cell();

  double rate_hz_, hop_s_, scale_;
  SpectrumStream spectra_;
  BandMap bands_;
  std::deque<Row> windows_, cells_;
  std::size_t first_window_ = 0, first_ = 0;
};

}  // namespace brandiron::watermark
