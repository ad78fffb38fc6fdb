#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "brandiron/core/audio/biquad.h"

namespace brandiron::gen::band {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kControlFrames = 32;  ///< compressors decide once in so many frames
constexpr std::size_t kPreSections = 3, kPostSections = 3;

/// One stage of compression in a strip; ratio 1 switches it off. Peak-detecting, 6 dB knee.
struct StripCompressor {
  double threshold_db = 0, ratio = 1, attack_ms = 5, release_ms = 100, makeup_db = 0;
};

/// What one mono channel goes through: gain, equaliser, two compressors, equaliser.
struct StripSettings {
  double input_gain_db = 0;
  std::vector<Biquad> pre;  ///< at most kPreSections
  StripCompressor first, second;
  std::vector<Biquad> post;  ///< at most kPostSections
};

/// Eight channel strips side by side, one a vector lane: eight cost what one costs. Each lane's
/// arithmetic is the same whatever the vector width, so the samples are the same on every
/// processor.
class LaneBank {
 public:
  LaneBank(std::span<const StripSettings> strips, int rate_hz);
  ~LaneBank();
  LaneBank(LaneBank&&) noexcept;

  /// Streams `frames` samples of each lane; null inputs are silence, null outputs are dropped.
  /// All calls but the last must pass a multiple of kControlFrames.
  void process(const std::array<const float*, kLanes>& in, const std::array<float*, kLanes>& out,
               std::size_t frames);
  /// Largest reduction of both stages together, dB.
  double deepest_reduction_db(std::size_t lane) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace brandiron::gen::band
