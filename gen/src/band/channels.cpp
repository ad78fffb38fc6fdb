#include "channels.h"

namespace brandiron::gen::band {
namespace {

using Kind = EqBand::Kind;

// The mix in one table. Sources of the figures: ../shared/design/songs.md 5c (dry, close vocal with
// two-stage compression, presence at 3-5 kHz, high-pass at 70 Hz) and the usual practice for the
// rest.
const std::vector<Channel>& table() {
  static const std::vector<Channel> channels = {
      {"lead_vocal",
       {{Kind::kHighpass, 70}, {Kind::kPeaking, 260, -2.0, 0.9}, {Kind::kPeaking, 6800, -1.5, 2.0}},
       {{Kind::kPeaking, 3600, 2.5, 0.8}, {Kind::kHighShelf, 9500, 1.5}},
       {-16, 4, 2, 70, 0},
       {-19, 3, 18, 320, 0},
       0,
       0.0,
       -18,
       -13},
      {"backing_vocals",
       {{Kind::kHighpass, 130}, {Kind::kPeaking, 300, -2.5, 0.9}},
       {{Kind::kPeaking, 3000, 1.0, 0.8}, {Kind::kHighShelf, 8000, 1.0}},
       {-15, 4, 3, 100, 0},
       {},
       -3.0,
       0.0,
       -12,
       -12},
      {"gang",
       {{Kind::kHighpass, 140}, {Kind::kPeaking, 350, -2.0, 1.0}},
       {{Kind::kPeaking, 2600, 2.0, 0.8}},
       {-14, 4, 4, 120, 0},
       {},
       -2.0,
       0.0,
       -10,
       -12},
      {"guitar",
       {{Kind::kHighpass, 85}, {Kind::kPeaking, 210, -2.5, 1.0}},
       {{Kind::kPeaking, 2800, 1.5, 0.7}, {Kind::kHighShelf, 8000, 2.0}},
       {-13, 3, 8, 130, 0},
       {},
       0.0,
       -0.28,
       -20,
       -16},
      {"guitar_double",
       {{Kind::kHighpass, 110}, {Kind::kPeaking, 260, -3.0, 1.0}},
       {{Kind::kPeaking, 3400, 2.0, 0.7}, {Kind::kHighShelf, 8000, 2.5}},
       {-13, 3, 8, 130, 0},
       {},
       -2.0,
       0.62,
       -20,
       -16},
      {"bass",
       {{Kind::kHighpass, 34}, {Kind::kPeaking, 240, -2.0, 1.0}},
       {{Kind::kPeaking, 750, 2.5, 0.9}, {Kind::kLowpass, 5200}},
       {-15, 4, 12, 160, 0},
       {},
       -1.0,
       0.0,
       -60,
       -60},
      {"stomp",
       {{Kind::kHighpass, 32}, {Kind::kPeaking, 320, -3.0, 1.0}},
       {{Kind::kPeaking, 62, 2.0, 1.2}, {Kind::kPeaking, 2100, 2.5, 0.8}},
       {-10, 3, 6, 90, 0},
       {},
       1.0,
       0.0,
       -26,
       -16},
      {"kick",
       {{Kind::kHighpass, 34}, {Kind::kPeaking, 260, -2.5, 1.0}},
       {{Kind::kPeaking, 68, 2.0, 1.2}, {Kind::kPeaking, 1800, 2.0, 0.8}},
       {-10, 3, 6, 90, 0},
       {},
       0.0,
       0.0,
       -28,
       -18},
      {"clap",
       {{Kind::kHighpass, 220}},
       {{Kind::kPeaking, 1300, 1.5, 0.8}, {Kind::kHighShelf, 7000, 2.0}},
       {-10, 3, 3, 80, 0},
       {},
       0.0,
       0.08,
       -14,
       -12},
      {"tambourine", {{Kind::kHighpass, 1800}}, {}, {}, {}, -10.0, 0.38, -18, -20},
      {"brush",
       {{Kind::kHighpass, 160}},
       {{Kind::kHighShelf, 6000, 1.5}},
       {-10, 2.5, 3, 60, 0},
       {},
       -8.0,
       -0.12,
       -18,
       -18},
      {"harmonica",
       {{Kind::kHighpass, 180}, {Kind::kPeaking, 3200, -2.0, 1.2}},
       {{Kind::kLowpass, 9000}},
       {-14, 3, 6, 140, 0},
       {},
       -1.5,
       0.34,
       -11,
       -16},
      {"slide",
       {{Kind::kHighpass, 150}},
       {{Kind::kPeaking, 1800, 2.0, 0.9}},
       {-14, 4, 5, 160, 0},
       {},
       -1.0,
       0.34,
       -11,
       -16},
      {"fiddle",
       {{Kind::kHighpass, 190}, {Kind::kPeaking, 2800, -2.0, 1.0}},
       {{Kind::kLowpass, 11000}},
       {-14, 3, 8, 150, 0},
       {},
       -2.0,
       0.34,
       -11,
       -16},
      {"banjo",
       {{Kind::kHighpass, 170}},
       {{Kind::kHighShelf, 7000, 1.5}},
       {-12, 3, 4, 110, 0},
       {},
       -2.5,
       0.36,
       -15,
       -16},
      {"", {{Kind::kHighpass, 30}}, {}, {}, {}, -3.0, 0.0, -20, -60},
  };
  return channels;
}

StripCompressor scaled(StripCompressor c, double produced) {
  c.ratio = produced_ratio(c.ratio, produced);
  return c;
}

}  // namespace

const Channel& channel_for(const std::string& stem) {
  for (const Channel& channel : table()) {
    if (stem == channel.name) return channel;
  }
  return table().back();
}

StripSettings make_strip(const Channel& channel, double input_gain_db, double produced,
                         int rate_hz) {
  StripSettings strip;
  strip.input_gain_db = input_gain_db;
  for (const EqBand& band : channel.pre) strip.pre.push_back(make_band(band, rate_hz));
  for (const EqBand& band : channel.post) strip.post.push_back(make_band(band, rate_hz));
  strip.first = scaled(channel.first, produced);
  strip.second = scaled(channel.second, produced);
  return strip;
}

std::vector<MixStep> strip_steps(const Channel& channel, double produced) {
  std::vector<MixStep> steps;
  for (const EqBand& band : channel.pre) steps.push_back(step_of(band));
  for (const StripCompressor& c : {channel.first, channel.second}) {
    if (produced_ratio(c.ratio, produced) > 1.0) steps.push_back(step_of(c, produced));
  }
  for (const EqBand& band : channel.post) steps.push_back(step_of(band));
  return steps;
}

}  // namespace brandiron::gen::band
