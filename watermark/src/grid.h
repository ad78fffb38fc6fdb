#pragma once

#include <array>
#include <cstddef>

namespace brandiron::watermark {

// The lattice that carries the mark: cells of 1/24 s by 32 bands. Bands are 90 Hz wide up to 1 kHz
// and an eighth of an octave above it, 200 Hz to 7.4 kHz. The keyed pattern repeats after 4096
// columns (170.7 s); a super-frame, which holds the whole coded payload once, is 256 columns (10.7
// s).
inline constexpr std::size_t kNumBands = 32;
inline constexpr double kCellsPerSecond = 24.0;
inline constexpr double kCellSeconds = 1.0 / kCellsPerSecond;
inline constexpr std::size_t kCycleCells = 4096;
inline constexpr std::size_t kSuperFrameCells = 256;
inline constexpr std::size_t kNumSuperFrames = kCycleCells / kSuperFrameCells;
inline constexpr std::size_t kPilotsPerColumn = 6;

inline constexpr double kLowestHz = 200.0;
inline constexpr double kMinBandwidthHz = 90.0;
inline constexpr double kRelativeBandwidth = 0.09050773266525769;  // 2^(1/8) - 1

using BandEdges = std::array<double, kNumBands + 1>;

/// Lower edges of the bands and the upper edge of the last, hertz.
constexpr BandEdges band_edges_hz() {
  BandEdges edges{};
  edges[0] = kLowestHz;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const double relative = edges[b] * kRelativeBandwidth;
    edges[b + 1] = edges[b] + (relative > kMinBandwidthHz ? relative : kMinBandwidthHz);
  }
  return edges;
}

/// Window length (a power of two) for a sample rate: between 16 and 32 ms.
constexpr std::size_t window_samples(double rate_hz) {
  std::size_t n = 8;
  while (static_cast<double>(n * 2) <= 0.032 * rate_hz) n *= 2;
  return n;
}

}  // namespace brandiron::watermark
