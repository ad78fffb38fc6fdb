#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "surface.h"

namespace brandiron::watermark {

/// Synthesises what the gains add to a signal, one half-overlapping window at a time: only the
/// change is made, so that samples outside the bands and cells without gain stay bit for bit.
class Marking {
 public:
  explicit Marking(int rate_hz);
  std::size_t size() const { return size_; }
  std::size_t hop() const { return size_ / 2; }

  /// Gains of the next windows, one a band (a row of a table of cell gains).
  void set_gains(const float* row);
  /// Adds the mark of the window centred on sample `centre` of `signal` to `mark`, whose sample 0
  /// lies half a window before that of `signal`.
  void add(std::span<const float> signal, std::size_t centre, float* mark);

 private:
  std::size_t size_;
  RealFft fft_;
  std::vector<float> shape_, gain_, block_;
  std::vector<std::size_t> band_;
  std::size_t first_bin_ = 0, last_bin_ = 0;
  std::vector<std::complex<float>> spectrum_;
};

/// Samples around a peak over which the mark is turned down.
inline constexpr std::size_t kYieldReach = 64;

/// Turns the mark down smoothly around samples that would pass the limit.
void yield_at_peaks(std::span<const float> signal, std::span<float> mark, float limit);

}  // namespace brandiron::watermark
