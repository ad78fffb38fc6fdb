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

/// How finely the time axis is searched in a recording of some length: a wrong scale drifts by a
/// fixed part of a cell towards the ends, so that short pieces need fewer steps.
struct ScaleGrid {
  explicit ScaleGrid(double duration_s);
  double coarse_step = 0, fine_step = 0;  ///< of ln(scale)
  int coarse_steps = 0, fine_steps = 0;   ///< to each side
};

/// Looks for a mark whose time or pitch axis was changed: speed (both), tempo (time alone), pitch
/// (pitch alone), each over about +-12 %.
class WarpSearch {
 public:
  /// `unwarped`: the alignments of the whole recording at its own pitch.
  /// `model`: as in align_phases, for the whole recording; the excerpts, many, do without.
  WarpSearch(const PowerSurface& power, const std::vector<Alignment>& unwarped,
             const FrontEndModel* model = nullptr);

  /// For each key the most promising warp, as alignments of the whole recording; empty where no
  /// place stands out. All hypotheses of `ln_places` are paid for, whatever it returns. What does
  /// not depend on the key is computed once for all.
  std::vector<std::vector<Alignment>> find(const std::vector<const Searcher*>& searchers) const;

  /// ln of the number of (warp, phase, column) places on the finest grid the search can reach in a
  /// recording of this length.
  static double ln_places(double duration_s);

 private:
  struct Guess {
    Warp warp;
    double z = 0;
  };
  std::vector<Guess> coarse(const std::vector<const Searcher*>& searchers) const;
  /// `phases`: of the whole recording at the warp's pitch.
  std::vector<Alignment> refine(const Searcher& searcher, const Warp& warp,
                                const std::vector<Alignment>& phases) const;
  std::vector<Alignment> whole_at(double pitch_ratio) const;

  const PowerSurface& power_;
  const std::vector<Alignment>& unwarped_;
  const FrontEndModel* model_;
  ScaleGrid grid_;
  std::vector<std::vector<Alignment>> excerpt_;  // one a pitch step
};

}  // namespace brandiron::watermark
