#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "code.h"
#include "pattern.h"
#include "surface.h"

namespace brandiron::watermark {

/// Detection weights of one alignment of the cell lattice, and where on the time axis they sit.
struct Alignment {
  double start_s = 0;  ///< of the first cell
  double cell_s = kCellSeconds;
  double pitch_ratio = 1;
  Table weights;
};

/// Weights folded over the cycle: cells that would carry the same sign are added first, so that the
/// signs under a statistic are always distinct and independent.
struct Folded {
  std::vector<float> weight;  ///< (kCycleCells, kNumBands)
  double energy = 0;          ///< sum of squares
  std::size_t rows = 0;       ///< of the cycle that hold any
};
Folded fold(const Table& weights, std::size_t from, std::size_t to);

/// Folded weights as every key's correlation wants them: (kNumBands, kCycleCells / 2 + 1).
struct FoldedSpectrum {
  std::vector<std::complex<float>> bins;
  double energy = 0;  ///< of the folded weights
};
FoldedSpectrum transform(const Folded& folded);

/// A pattern made ready for many correlations.
class Searcher {
 public:
  explicit Searcher(const Key& key);
  const Pattern& pattern() const { return pattern_; }

  struct Peak {
    std::size_t column = 0;  ///< of the cycle, under the first folded cell
    double z = 0;            ///< pilot correlation over its expected spread
  };
  /// The `count` highest pilot correlations over all columns of the cycle.
  std::vector<Peak> search(const FoldedSpectrum& folded, std::size_t count) const;
  /// Pilot correlation at every column of the cycle, over its expected spread.
  std::vector<float> correlate(const FoldedSpectrum& folded) const;

 private:
  Pattern pattern_;
  std::vector<std::complex<float>> spectra_;  // (kNumBands, bins) of the pilot signs
};

/// What the pattern says at one column: the two statistics with their norms, and the soft code
/// bits.
struct Readout {
  double pilot_z = 0;         ///< pilot correlation / norm of the pilot weights
  double full_z = 0;          ///< all cells, under the code word `decoded.word`
  double bit_error_rate = 0;  ///< hard decisions that disagree with the code word
  Decoded decoded;
};
Readout read_out(const Pattern& pattern, const Folded& folded, std::size_t column,
                 Decoder& decoder);
/// The same under a code word that is already known.
Readout read_out(const Pattern& pattern, const Folded& folded, std::size_t column,
                 const Decoded& known);

}  // namespace brandiron::watermark
