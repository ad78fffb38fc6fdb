#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace brandiron::gen::band {

enum class Articulation { kOpen, kPalmMute, kSlideIn, kVibrato };

/// Everything a sampled tone depends on: the same key gives the same samples, in any order.
struct ToneKey {
  int program = 25;  ///< General MIDI
  int pitch = 52;
  int layer = 1;  ///< velocity layer, see `velocity_layer`
  Articulation articulation = Articulation::kOpen;
  int rate_hz = 44100;
  auto operator<=>(const ToneKey&) const = default;
};

/// A mono tone that begins with its attack at sample 0. 16 bit: half the memory, and rounding hides
/// last-bit differences between the C libraries that FluidSynth computes with.
struct Tone {
  std::vector<std::int16_t> samples;
  float scale = 1.0F;  ///< sample value of one unit
};

constexpr int kNumVelocityLayers = 3;
int velocity_layer(int velocity);
/// Gain that takes a tone of its layer to the very velocity.
float gain_within_layer(int velocity);

/// The tone, rendered by FluidSynth on first use and kept for the process. Thread safe.
/// @throws Error(kModel) when there is no sound font, naming the package to install.
std::shared_ptr<const Tone> sampled_tone(const ToneKey& key);

/// Forgets all tones and the sound font (tests).
void clear_tone_cache();

}  // namespace brandiron::gen::band
