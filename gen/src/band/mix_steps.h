#pragma once

#include <span>
#include <string>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/gen/band.h"
#include "lane_bank.h"

namespace brandiron::gen::band {

/// One band of an equaliser, in the words of the effects chain language.
struct EqBand {
  enum class Kind { kHighpass, kLowpass, kPeaking, kLowShelf, kHighShelf } kind;
  double hz = 1000, gain_db = 0, q = 0.707;
};

Biquad make_band(const EqBand& band, int rate_hz);
/// A ratio as producedness makes it: 1 at 0, as written at 1.
double produced_ratio(double ratio, double produced);

/// `channel`: "mid" or "side" of a stereo signal, or empty for all of it.
MixStep step_of(const EqBand& band, const char* channel = "");
MixStep step_of(const StripCompressor& compressor, double produced);

/// "highpass(hz=70, q=0.707) | compressor(...)".
std::string text_of(std::span<const MixStep> steps);

}  // namespace brandiron::gen::band
