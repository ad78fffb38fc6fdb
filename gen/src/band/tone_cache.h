#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace brandiron::gen::band {

constexpr int kSteelGuitar = 25;  ///< General MIDI program

enum class Articulation {
  kOpen,
  kPalmMute,
  kBottleneck,  ///< up a whole tone, then vibrato
  kFretSlide,   ///< up a whole tone
  kVibrato,
  kHammer  ///< a finger of the left hand, no plectrum
};

enum class ToneSource { kSoundFont, kResonator };

/// Everything a tone depends on: the same key gives the same samples, in any order.
struct ToneKey {
  int program = kSteelGuitar;  ///< General MIDI
  int pitch = 52;
  int layer = 1;  ///< velocity layer, see `velocity_layer`
  Articulation articulation = Articulation::kOpen;
  int rate_hz = 44100;
  ToneSource source = ToneSource::kSoundFont;
  auto operator<=>(const ToneKey&) const = default;
};

/// A mono tone that begins with its attack at sample 0. 16 bit: half the memory, and rounding hides
/// last-bit differences between the C libraries that FluidSynth computes with.
struct Tone {
  std::vector<std::int16_t> samples;
  float scale = 1.0F;        ///< sample value of one unit
  std::size_t rendered = 0;  ///< how much of the tone `samples` holds; silence beyond `samples`
};

constexpr int kNumVelocityLayers = 3;
int velocity_layer(int velocity);
/// Gain that takes a tone of its layer to the very velocity.
float gain_within_layer(int velocity);

/// At least the first `frames` samples of the tone, or all of it: rendered by FluidSynth or by our
/// own model on first use, kept for the process and rendered anew where a note needs more of it.
/// A longer rendering begins with the very samples of a shorter one, so what is heard depends on
/// the key alone. Thread safe.
/// @throws Error(kModel) when there is no sound font, naming the package to install.
std::shared_ptr<const Tone> tone_of(const ToneKey& key, std::size_t frames = SIZE_MAX);

/// Forgets all tones and the sound font (tests).
void clear_tone_cache();

}  // namespace brandiron::gen::band
