#pragma once

#include "search.h"

namespace brandiron::watermark {

/// How sure a readout is. All in natural logarithms of probabilities, capped at 0 (p = 1).
struct Bound {
  double ln_p = 0;          ///< that unmarked audio answers so strongly: the best of three routes
  double ln_p_payload = 0;  ///< the same by the route of the code words whose check is valid
};

/// Hoeffding's bound over a random key, times everything that was or could have been tried:
/// `ln_hypotheses` = ln(alignments x columns x keys x segments). Proof: docs/watermark.md,
/// section 3.
Bound bound(const Readout& readout, double ln_hypotheses);

}  // namespace brandiron::watermark
