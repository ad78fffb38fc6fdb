#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/watermark/front_end_model.h"
#include "search.h"

namespace brandiron::watermark {

/// Shifts of the cell lattice that a search looks at, in equal parts of a cell (7 ms).
inline constexpr std::size_t kPhases = 6;

/// Detection weights of the lattice at each phase: what every search reads. Computed without any
/// key. `model` refines the weights when there is one.
std::vector<Alignment> align_phases(const EnergySurface& surface, double pitch_ratio = 1.0,
                                    const FrontEndModel* model = nullptr);

/// Weights on a lattice stretched by `scale` (cell length over the embedder's), its first cell
/// starting `start_s` into the audio, gathered from the nearest phase. For scales within some 15 %
/// of 1.
Alignment stretch(const std::vector<Alignment>& phases, double scale, double start_s);

/// A recording whose time axis was left alone, ready for the keys.
struct FrontEnd {
  explicit FrontEnd(const PowerSurface& power, const FrontEndModel* model = nullptr);
  explicit FrontEnd(const AudioBuffer& audio, const FrontEndModel* model = nullptr);
  double duration_s;
  std::vector<Alignment> alignments;
  std::vector<Folded> folded;
};

std::vector<Folded> fold_all(const std::vector<Alignment>& alignments);

}  // namespace brandiron::watermark
