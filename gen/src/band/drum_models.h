#pragma once

#include <memory>
#include <vector>

namespace brandiron::gen::band {

enum class Drum { kStomp, kKick, kClap, kTambourine, kBrush };

/// Takes of one drum: a player never hits twice alike.
constexpr int kNumTakes = 6;

/// General MIDI drum number of a drum.
int gm_drum_note(Drum drum);

/// One strike, mono, attack at sample 0, peak near 1. A pure function of its arguments, computed
/// once and kept. Physical sketches of our own: a boot on a stage box (two damped modes falling to
/// 56 Hz and the leather's 1-3 kHz click), a beater on a suitcase (a deep head, two plates of
/// plywood and the lid's rattle), six to twelve pairs of hands spread over 8-25 ms (resonant noise
/// of each hollow), jingles, wire brushes. Thread safe.
std::shared_ptr<const std::vector<float>> drum_strike(Drum drum, int take, int rate_hz);

}  // namespace brandiron::gen::band
