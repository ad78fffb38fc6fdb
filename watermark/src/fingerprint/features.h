#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/watermark/fingerprint.h"

namespace brandiron::watermark {

/// What the bits are made of. Another choice is another version of the serialised form.
struct FeatureLayout {
  double hop_s = Fingerprint::kFrameSeconds;
  double window_s = 0.74;
  double low_hz = 150, high_hz = 2400;
  std::size_t lag = 4;  ///< frames between the two whose band steps are compared
};
inline constexpr std::size_t kBits = 32;

/// Low-passes and keeps every n-th sample, the same whatever the blocks.
class Decimator {
 public:
  /// `factor` >= 1; passes up to `pass_hz`.
  Decimator(int rate_hz, std::size_t factor, double pass_hz);
  /// Appends to `low`.
  void push(std::span<const float> samples, std::vector<float>& low);

 private:
  std::size_t factor_, next_ = 0;
  std::vector<float> taps_, pending_;
};

/// Frames of band energies in logarithms, and the words made of them.
class FeatureFrames {
 public:
  FeatureFrames(double rate_hz, const Warp& warp, const FeatureLayout& layout);
  /// Takes what it can of `low`, removes what is no longer needed, appends to `words`.
  void take(std::vector<float>& low, std::vector<std::uint32_t>& words);

 private:
  struct Band {
    std::size_t first;
    std::vector<float> weights;
  };
  void analyse(std::span<const float> samples, std::span<float> steps);

  double hop_samples_;
  std::size_t lag_, frame_ = 0, dropped_ = 0;
  std::vector<float> window_, windowed_, power_, steps_;
  std::vector<std::complex<float>> bins_;
  std::vector<Band> bands_;
  RealFft fft_;
};

}  // namespace brandiron::watermark
