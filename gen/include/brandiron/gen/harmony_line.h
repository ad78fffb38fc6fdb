#pragma once

#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::gen {

enum class HarmonySide { kAbove, kBelow };

/// A second voice to `lead`, note for note: a third, fourth or sixth beside it, in the chord where
/// a note is held or lies on a beat, in the key elsewhere, by the smallest steps; within [lowest,
/// highest] (MIDI), else the lead's own note. `lead` is a part of `score.vocal`, in order.
std::vector<VocalNote> harmony_line(const Score& score, const std::vector<VocalNote>& lead,
                                    HarmonySide side, int lowest, int highest);

}  // namespace brandiron::gen
