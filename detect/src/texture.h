// The texture branch: how the fine structure of the spectrum behaves over time and frequency, band
// by band. Levels, equalisation and the tune cancel; what a synthesiser does to phases, noise and
// partials does not.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::detect {

inline constexpr std::size_t kTextureBands = 20;
inline constexpr std::size_t kTextureSums = 10;
inline constexpr std::size_t kTextureStatistics = 8;
inline constexpr std::size_t kNumTexture = kTextureBands * kTextureStatistics;

/// Sums over some windows, from which the statistics of any stretch follow by adding. Band by band:
/// windows, mean level (dB), then sums of squares, cubes and products of differences of bins in dB.
struct TextureBlock {
  std::array<float, kTextureBands * kTextureSums> sums{};
  void add(const TextureBlock& other);
};

/// Statistics of a stretch, shape (bands, statistics): logarithms of the mean squared difference
/// along frequency, along time, and along both; skewness and kurtosis of a bin against its
/// neighbours; skewness along time; mean square of a bin against its neighbours; correlation of the
/// fine structure over four windows (its stationarity). 0 and not present for a band that the
/// recording leaves empty.
struct Texture {
  std::array<float, kNumTexture> values{};
  std::array<bool, kTextureBands> present{};
};

Texture texture_of(std::span<const TextureBlock> blocks);

/// Fed with power spectra, window by window.
class TextureMeter {
 public:
  TextureMeter(std::size_t window_samples, int rate_hz, double hop_s);
  void add(std::span<const float> power);
  /// One block a second.
  std::vector<TextureBlock> finish();

 private:
  static constexpr std::size_t kLag = 4;
  void add_band(std::size_t band);

  std::array<std::size_t, kTextureBands + 1> edges_{};  ///< bins
  std::size_t windows_a_block_, num_windows_ = 0;
  float scale_;
  std::vector<float> level_, before_;          ///< dB of this window and the last
  std::array<std::vector<float>, kLag> fine_;  ///< bin against its neighbours, a ring
  std::vector<float> now_;
  TextureBlock block_;
  std::size_t in_block_ = 0;
  std::vector<TextureBlock> blocks_;
};

}  // namespace brandiron::detect
