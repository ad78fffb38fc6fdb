#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::gen::band {

/// Half-band filter (31 taps; -50 dB from 0.3 of the full rate on) to and from half the rate, where
/// what has no business above 9 kHz costs half. Bit-exact on every processor.
class Halver {
 public:
  static constexpr std::size_t kDelay = 16;  ///< frames at the full rate

  /// Halves the rate of an even number of frames, later by kDelay; `out` has half as many.
  void process(std::span<const float> in, float* out);

 private:
  std::vector<float> even_, odd_;
};

/// Frames [2 first, 2 first + 2 count) at twice the rate of `in`, which is silent beyond its ends.
void double_rate(std::span<const float> in, std::size_t first, std::size_t count, float* out);

}  // namespace brandiron::gen::band
