#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "search.h"

namespace brandiron::watermark {

/// Everything about a recording that the keys will be tried on; computed without any key.
class FrontEnd {
 public:
  explicit FrontEnd(const AudioBuffer& audio);

  /// Shifts of the cell lattice that a search looks at, in equal parts of a cell (7 ms).
  static constexpr std::size_t kPhases = 6;

  double duration_s() const { return duration_s_; }
  const std::vector<Alignment>& alignments() const { return alignments_; }
  const std::vector<Folded>& folded() const { return folded_; }
  /// ln of the number of (alignment, column) pairs that a search of one key may visit.
  double ln_places() const;

 private:
  double duration_s_;
  std::vector<Alignment> alignments_;
  std::vector<Folded> folded_;
};

}  // namespace brandiron::watermark
