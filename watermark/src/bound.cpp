#include "bound.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace brandiron::watermark {
namespace {

constexpr double kLnRoutes = 1.0986122886681098;  // ln 3

// Sum of signs times weights over its norm: P(Z >= z) <= exp(-z^2 / 2).
double ln_tail(double z) { return z > 0 ? -0.5 * z * z : 0.0; }

}  // namespace

Bound bound(const Readout& readout, double ln_hypotheses) {
  const double tried = ln_hypotheses + kLnRoutes;
  const double pilot = ln_tail(readout.pilot_z) + tried;
  const double any_word =
      ln_tail(readout.full_z) + tried + static_cast<double>(kMessageBits) * std::numbers::ln2;
  double valid_word = 0;
  if (readout.decoded.payload) {
    valid_word =
        ln_tail(readout.full_z) + tried + static_cast<double>(kPayloadBits) * std::numbers::ln2;
  }
  Bound result;
  result.ln_p_payload = std::min(0.0, valid_word);
  result.ln_p = std::min({0.0, pilot, any_word, valid_word});
  return result;
}

}  // namespace brandiron::watermark
