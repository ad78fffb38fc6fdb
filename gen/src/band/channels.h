#pragma once

#include <string>
#include <vector>

#include "brandiron/gen/band.h"
#include "lane_bank.h"
#include "mix_steps.h"

namespace brandiron::gen::band {

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
/// The strip's equalisers and compressors in order, as they run.
std::vector<MixStep> strip_steps(const Channel& channel, double produced);

}  // namespace brandiron::gen::band
