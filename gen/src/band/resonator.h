#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::gen::band {

/// The force of a plucked steel string on the bridge of a resonator guitar, attack at sample 0.
///
/// Extended Karplus-Strong (Jaffe & Smith, "Extensions of the Karplus-Strong plucked-string
/// algorithm", Computer Music Journal 7(2), 1983; one delay loop a polarisation after Karjalainen,
/// Valimaki & Tolonen, CMJ 22(3), 1998): a plectrum near the bridge starts a pulse as wide as the
/// travel time between the two (the comb of the plucked place), two loops with a linear-phase
/// damping filter, an allpass for the fraction of a sample and four for the string's stiffness.
/// The cone drains the polarisation that drives it, so that this one dies first; the other rings
/// on, detuned by a cent.
///
/// @param pitch    MIDI 28..84
/// @param velocity 1..127: level, width of the plectrum's edge and scratch
/// @throws Error(kInvalidArgument) for another pitch.
/// A pure function of its arguments; a longer tone begins with the shorter one. Thread safe.
std::vector<float> resonator_string(int pitch, int velocity, std::size_t frames, int rate_hz);

/// The metal cone, in place: a low hump, three narrow cone modes between
/// 1 and 4 kHz, a bright shelf. Figures are chosen, not measured on one; docs/adr/0004 has spectra.
void resonator_body(std::span<float> x, int rate_hz);

}  // namespace brandiron::gen::band
