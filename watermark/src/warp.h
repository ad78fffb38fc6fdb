#pragma once

#include <vector>

#include "front_end.h"

namespace brandiron::watermark {

/// What was done to a recording's axes: cells last `scale` times as long, bands lie `pitch_ratio`
/// times as high as when the mark was made.
struct Warp {
  double scale = 1;
  double pitch_ratio = 1;
};

/// Looks for a mark whose time or pitch axis was changed: speed (both), tempo (time alone), pitch
/// (pitch alone), each over about +-11 %.
class WarpSearch {
 public:
  /// `unwarped`: the alignments of the whole recording at its own pitch.
  /// `model`: as in align_phases, for the whole recording; the excerpts, many, do without.
  WarpSearch(const PowerSurface& power, const std::vector<Alignment>& unwarped,
             const FrontEndModel* model = nullptr);

  /// The most promising warp for a key, as alignments of the whole recording; empty when no place
  /// stands out. All hypotheses of `ln_places` are paid for, whatever it returns.
  std::vector<Alignment> find(const Searcher& searcher) const;

  /// ln of the number of (warp, phase, column) places on the finest grid the search can reach.
  static double ln_places();

 private:
  std::vector<Alignment> whole_at(double pitch_ratio) const;

  const PowerSurface& power_;
  const std::vector<Alignment>& unwarped_;
  const FrontEndModel* model_;
  double excerpt_start_s_ = 0;
  std::vector<std::vector<Alignment>> excerpt_;  // one a pitch step
};

}  // namespace brandiron::watermark
