#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::gen::band {

/// K-weighted mean squares of successive blocks of 100 ms of a stereo signal, summed over its
/// channels (ITU-R BS.1770-4): the quick measure that the mixer steers by; the figures in a report
/// come within 0.1 dB of measure_loudness. A last partial block counts with its own length. Eight
/// parts of the signal are measured side by side.
std::vector<double> k_weighted_blocks(const AudioBuffer& stereo);

/// The same for a stereo voice beside a stereo band, a block at a time.
class VoiceBandMeter {
 public:
  explicit VoiceBandMeter(int rate_hz);
  ~VoiceBandMeter();
  /// Next block of the voice's left and right and the band's left and right, whole steps of 32
  /// frames; K-weighted mean squares of voice and band, each summed over its channels.
  std::array<double, 2> measure(std::array<const float*, 4> in, std::size_t frames);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Integrated loudness of channel-summed 100 ms mean squares, gated as BS.1770-4 says (400 ms
/// blocks, 75 % overlap, -70 LUFS and -10 LU gates). -inf for silence.
double integrated_lufs(std::span<const double> summed_blocks);

/// Mean square over the blocks within 20 dB of the loudest: the level of a part when it plays.
double active_mean_square(std::span<const double> blocks);

}  // namespace brandiron::gen::band
