#pragma once

#include <span>
#include <vector>

namespace brandiron::gen::band {

/// K-weighted mean squares of successive 100 ms of up to eight signals at once (ITU-R BS.1770-4),
/// the quick measure that the mixer steers by; the figures in a report come from measure_loudness.
/// Result [signal][block]; a last partial block counts with its own length.
std::vector<std::vector<double>> k_weighted_blocks(std::span<const std::span<const float>> signals,
                                                   int rate_hz);

/// Integrated loudness of channel-summed 100 ms mean squares, gated as BS.1770-4 says (400 ms
/// blocks, 75 % overlap, -70 LUFS and -10 LU gates). -inf for silence.
double integrated_lufs(std::span<const double> summed_blocks);

/// Mean square over the blocks within 20 dB of the loudest: the level of a part when it plays.
double active_mean_square(std::span<const double> blocks);

}  // namespace brandiron::gen::band
