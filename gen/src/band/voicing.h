#pragma once

#include <array>
#include <string>

#include "brandiron/gen/score.h"

namespace brandiron::gen::band {

constexpr int kNumStrings = 6;
constexpr int kMuted = -1;

/// MIDI pitch by string, [0] the low E; kMuted where the string is not played.
using Shape = std::array<int, kNumStrings>;

/// MIDI pitch of an open string, standard tuning.
int open_string(int string);
/// The guitar shape of a chord: open position where there is one, else the nearer barre.
Shape guitar_shape(int root_pc, const std::string& quality);
/// String that carries the root in the bass, and the one a fifth (or the next chord tone) away.
int root_string(const Shape& shape, int root_pc);
int alternate_string(const Shape& shape, int root_pc);

/// Upright bass: the root between E1 (28) and D#2 (39); its fifth, below where the neck allows.
int bass_root(int root_pc);
int bass_fifth(int root_pc, const std::string& quality);

/// Moves `pitch` by `steps` degrees of the key's scale (major, or natural minor).
int scale_step(int pitch, int steps, int tonic_pc, bool minor);

bool is_minor_quality(const std::string& quality);

}  // namespace brandiron::gen::band
