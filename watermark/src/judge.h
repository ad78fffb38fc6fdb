#pragma once

#include <optional>
#include <vector>

#include "bound.h"
#include "brandiron/watermark/watermark.h"
#include "surface.h"

namespace brandiron::watermark {

/// Pilot statistic under which no code word is tried: the payload could not be proved.
inline constexpr double kMinPilotZ = 3.5;

/// What a stretch of a recording says about one key. Bounds count every search in it, not yet the
/// chapters of the recording.
struct SegmentOpinion {
  double start_s = 0, end_s = 0;
  Bound bound;
  std::optional<std::uint64_t> payload;
};

struct Opinion {
  Bound bound;
  Readout readout;  ///< the one behind the strongest bound
  double speed_ratio = 1, pitch_ratio = 1;
  std::vector<SegmentOpinion> segments;
};

/// Whether `a` is the stronger claim; `ln_wanted` is what a payload must be under to count.
bool says_more(const Opinion& a, const Opinion& b, double ln_wanted);

/// One opinion a key about one chapter: its own axes first, changed ones where that reads nothing.
std::vector<Opinion> judge_chapter(const PowerSurface& power, const std::vector<Key>& keys,
                                   const VerifyOptions& options);

}  // namespace brandiron::watermark
