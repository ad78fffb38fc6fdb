#pragma once

#include <string>
#include <vector>

#include "lane_bank.h"

namespace brandiron::gen::band {

/// One band of a channel's equaliser, in the words of the effects chain language.
struct EqBand {
  enum class Kind { kHighpass, kLowpass, kPeaking, kLowShelf, kHighShelf } kind;
  double hz = 1000, gain_db = 0, q = 0.707;
};

/// How a part is mixed. Levels are relative to the band's guitar, when the part plays.
struct Channel {
  const char* name;
  std::vector<EqBand> pre, post;
  StripCompressor first, second;
  double level_db = 0;
  double pan = 0;  ///< -1 left .. 1 right, constant power
  double plate_db = -60;
  double room_db = -60;  ///< early reflections
};

/// Parts come to their strips at this level (mean square of what sounds), so that thresholds mean
/// the same for a whisper and a shout.
constexpr double kStripLevelDb = -20.0;

/// Settings for a stem; an unknown name gets a plain channel.
const Channel& channel_for(const std::string& stem);
/// The channel as a strip. `produced` scales ratios: 0 no compression, 1 as written.
StripSettings make_strip(const Channel& channel, double input_gain_db, double produced,
                         int rate_hz);
/// "highpass(hz=70) | peaking(...) | compressor(...)", for the report.
std::string describe(const Channel& channel, double produced);

}  // namespace brandiron::gen::band
