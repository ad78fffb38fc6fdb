#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/band.h"
#include "channels.h"
#include "loudness_meter.h"
#include "master.h"
#include "room.h"

namespace brandiron::gen {
namespace {

using namespace band;

constexpr float kHighestPeak = 0.9F;
constexpr double kSilence = 1e-13;  // mean square below which there is nothing to bring up
constexpr const char* kLead = "lead_vocal";
constexpr double kLoneVocalLevelDb =
    3.0;  // a voice without a band, relative to where a guitar sits

/// One mono channel of a stem on its way through the desk.
struct Track {
  std::size_t stem;
  double pan;
  const Channel* channel;
  std::span<const float> in;
  std::vector<float> strip;    ///< after the channel strip
  std::vector<double> blocks;  ///< its K-weighted mean squares
  double input_gain_db = 0, fader_db = 0, reduction_db = 0;
};

void check(const MixOptions& options) {
  const bool sensible = options.target_lufs >= -40 && options.target_lufs <= -5 &&
                        options.true_peak_dbtp >= -20 && options.true_peak_dbtp <= 0 &&
                        options.producedness >= 0 && options.producedness <= 1.5 &&
                        std::fabs(options.vocal_over_band_db) <= 24;
  if (!sensible) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("mix: target {} LUFS, true peak {} dBTP, vocal {} dB over the band, "
                            "producedness {}; expected -40..-5, -20..0, -24..24, 0..1.5",
                            options.target_lufs, options.true_peak_dbtp, options.vocal_over_band_db,
                            options.producedness));
  }
}

void check(const std::vector<Stem>& stems) {
  if (stems.empty())
    throw Error(ErrorCode::kInvalidArgument, "mix: no stem given; expected one or more");
  const AudioBuffer& first = stems.front().audio;
  for (const Stem& stem : stems) {
    const AudioBuffer& a = stem.audio;
    if (a.num_channels() < 1 || a.num_channels() > 2 || a.num_frames() != first.num_frames() ||
        a.rate_hz() != first.rate_hz()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("mix: stem {}: {} channels, {} frames at {} Hz; expected 1 or 2 channels "
                      "and {} frames at {} Hz like {}",
                      stem.name, a.num_channels(), a.num_frames(), a.rate_hz(), first.num_frames(),
                      first.rate_hz(), stems.front().name));
    }
    if (a.has_non_finite()) {
      throw Error(ErrorCode::kInternal,
                  fmt::format("mix: stem {}: NaN or infinite samples", stem.name));
    }
  }
}

double mean_square_db(double mean_square) {
  return mean_square > 0 ? 10.0 * det::log10(mean_square) : -200.0;
}

std::vector<Track> make_tracks(const std::vector<Stem>& stems) {
  std::vector<Track> tracks;
  for (std::size_t s = 0; s < stems.size(); ++s) {
    const AudioBuffer& audio = stems[s].audio;
    const Channel& channel = channel_for(stems[s].name);
    const bool stereo = audio.num_channels() == 2;
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const double pan = stereo ? (c == 0 ? -0.8 : 0.8) : channel.pan;
      tracks.push_back({s, pan, &channel, audio.channel(c), {}, {}, 0, 0, 0});
    }
  }
  return tracks;
}

template <typename Work>
void in_banks(std::vector<Track>& tracks, Work work) {
  for (std::size_t first = 0; first < tracks.size(); first += kLanes) {
    work(std::span(tracks).subspan(first, std::min(kLanes, tracks.size() - first)));
  }
}

/// Brings a part to the strips' working level; both sides of a stereo stem alike.
void set_input_gains(std::vector<Track>& tracks, int rate_hz) {
  in_banks(tracks, [&](std::span<Track> bank) {
    std::vector<std::span<const float>> signals;
    for (const Track& t : bank) signals.push_back(t.in);
    const auto blocks = k_weighted_blocks(signals, rate_hz);
    for (std::size_t i = 0; i < bank.size(); ++i) bank[i].blocks = blocks[i];
  });
  for (Track& t : tracks) {
    double level = 0.0;
    for (const Track& other : tracks) {
      if (other.stem == t.stem) level = std::max(level, active_mean_square(other.blocks));
    }
    t.input_gain_db = level > kSilence ? kStripLevelDb - mean_square_db(level) : 0.0;
  }
}

void run_strips(std::vector<Track>& tracks, double produced, int rate_hz) {
  in_banks(tracks, [&](std::span<Track> bank) {
    std::vector<StripSettings> strips;
    std::array<const float*, kLanes> in{};
    std::array<float*, kLanes> out{};
    for (std::size_t i = 0; i < bank.size(); ++i) {
      Track& t = bank[i];
      strips.push_back(make_strip(*t.channel, t.input_gain_db, produced, rate_hz));
      t.strip.resize(t.in.size());
      in[i] = t.in.data();
      out[i] = t.strip.data();
    }
    LaneBank desk(strips, rate_hz);
    desk.process(in, out, bank.front().in.size());
    std::vector<std::span<const float>> signals;
    for (std::size_t i = 0; i < bank.size(); ++i) {
      bank[i].reduction_db = desk.deepest_reduction_db(i);
      signals.push_back(bank[i].strip);
    }
    const auto blocks = k_weighted_blocks(signals, rate_hz);
    for (std::size_t i = 0; i < bank.size(); ++i) bank[i].blocks = blocks[i];
  });
}

/// Puts each part at its place below the guitar, and the lead over what the band does as he sings.
void set_faders(std::vector<Track>& tracks, const std::vector<Stem>& stems,
                const MixOptions& options) {
  for (Track& t : tracks) {
    double level = 0.0;
    for (const Track& other : tracks) {
      if (other.stem == t.stem) level += active_mean_square(other.blocks);
    }
    t.fader_db =
        level > kSilence ? kStripLevelDb + t.channel->level_db - mean_square_db(level) : 0.0;
  }
  std::vector<double> lead, rest;
  for (const Track& t : tracks) {
    auto& sum = stems[t.stem].name == kLead ? lead : rest;
    sum.resize(std::max(sum.size(), t.blocks.size()), 0.0);
    const double power = det::pow(10.0, t.fader_db / 10.0);
    for (std::size_t i = 0; i < t.blocks.size(); ++i) sum[i] += power * t.blocks[i];
  }
  if (lead.empty()) return;
  const double threshold = 0.1 * active_mean_square(lead);
  double lead_energy = 0.0, rest_energy = 0.0;
  for (std::size_t i = 0; i < std::min(lead.size(), rest.size()); ++i) {
    if (lead[i] <= threshold) continue;
    lead_energy += lead[i];
    rest_energy += rest[i];
  }
  double correction_db = kLoneVocalLevelDb;
  if (lead_energy > 0 && rest_energy > 0) {
    correction_db = options.vocal_over_band_db - mean_square_db(lead_energy / rest_energy);
  }
  for (Track& t : tracks) {
    if (stems[t.stem].name == kLead) t.fader_db += correction_db;
  }
}

struct Panned {
  float left, right;
};

/// Constant power: -3 dB each in the middle.
Panned pan_gains(double fader_db, double pan) {
  constexpr double kQuarterPi = 0.7853981633974483;
  const double gain = det::db_to_gain(fader_db), angle = (pan + 1.0) * kQuarterPi;
  return {static_cast<float>(gain * det::cos(angle)), static_cast<float>(gain * det::sin(angle))};
}

__attribute__((target_clones("avx2", "default"))) void add_scaled(float* to, const float* from,
                                                                  float gain, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += gain * from[i];
}

/// K-weighted level of the lead over everything else but the reverb, where he sings.
double measure_vocal_over_band(const AudioBuffer& lead, const AudioBuffer& band) {
  const std::array<std::span<const float>, 4> signals{lead.channel(0), lead.channel(1),
                                                      band.channel(0), band.channel(1)};
  const auto blocks = k_weighted_blocks(signals, lead.rate_hz());
  std::vector<double> sung(blocks[0].size());
  for (std::size_t i = 0; i < sung.size(); ++i) sung[i] = blocks[0][i] + blocks[1][i];
  const double threshold = 0.1 * active_mean_square(sung);
  double over = 0.0, under = 0.0;
  for (std::size_t i = 0; i < sung.size(); ++i) {
    if (sung[i] <= threshold) continue;
    over += sung[i];
    under += blocks[2][i] + blocks[3][i];
  }
  return over > 0 && under > 0 ? mean_square_db(over / under) : 0.0;
}

/// Everything between the strips and the master.
class Desk {
 public:
  Desk(const std::vector<Stem>& stems, std::vector<Track>& tracks, bool keep_stems)
      : stems_(stems),
        tracks_(tracks),
        keep_stems_(keep_stems),
        frames_(stems.front().audio.num_frames()),
        rate_hz_(stems.front().audio.rate_hz()),
        band_(2, frames_, rate_hz_),
        lead_(2, frames_, rate_hz_),
        room_send_(frames_, 0.0F),
        plate_send_(frames_, 0.0F) {}

  void run(MixResult& result) {
    for (std::size_t s = 0; s < stems_.size(); ++s) mix_stem(s, result);
    result.report.vocal_over_band_db = has_lead_ ? measure_vocal_over_band(lead_, band_) : 0.0;
    AudioBuffer wet = room_return(room_send_, plate_send_, rate_hz_);
    band_.add(lead_);
    band_.add(wet);
    result.premaster = std::move(band_);
    if (keep_stems_) result.stems.push_back({"reverb", std::move(wet)});
    leave_headroom(result);
  }

 private:
  /// Halves everything until the premaster fits a file. Halving is exact: the sum stays the sum,
  /// and whether stems are kept changes nothing.
  void leave_headroom(MixResult& result) const {
    const float peak = result.premaster.peak();
    float gain = 1.0F;
    while (peak * gain > kHighestPeak) gain *= 0.5F;
    if (gain < 1.0F) {
      result.premaster.apply_gain(gain);
      for (Stem& stem : result.stems) stem.audio.apply_gain(gain);
    }
    const double gain_db = det::gain_to_db(static_cast<double>(gain));
    for (auto& [name, stem_gain_db] : result.report.stem_gains_db) stem_gain_db += gain_db;
    result.report.figures.emplace_back("headroom_db", gain_db);
  }

  void mix_stem(std::size_t s, MixResult& result) {
    const bool is_lead = stems_[s].name == kLead;
    has_lead_ = has_lead_ || is_lead;
    AudioBuffer panned(keep_stems_ ? 2 : 1, keep_stems_ ? frames_ : 0, rate_hz_);
    for (Track& t : tracks_) {
      if (t.stem != s) continue;
      const Panned gains = pan_gains(t.fader_db, t.pan);
      if (keep_stems_) add_panned(panned, t, gains);
      add_panned(is_lead ? lead_ : band_, t, gains);
      send(room_send_, t, t.channel->room_db);
      send(plate_send_, t, t.channel->plate_db);
      t.strip = {};
    }
    if (keep_stems_) result.stems.push_back({stems_[s].name, std::move(panned)});
  }

  void add_panned(AudioBuffer& to, const Track& t, const Panned& gains) const {
    add_scaled(to.channel(0).data(), t.strip.data(), gains.left, frames_);
    add_scaled(to.channel(1).data(), t.strip.data(), gains.right, frames_);
  }

  void send(std::vector<float>& to, const Track& t, double send_db) const {
    if (send_db <= -60.0) return;
    add_scaled(to.data(), t.strip.data(), static_cast<float>(det::db_to_gain(t.fader_db + send_db)),
               frames_);
  }

  const std::vector<Stem>& stems_;
  std::vector<Track>& tracks_;
  bool keep_stems_, has_lead_ = false;
  std::size_t frames_;
  int rate_hz_;
  AudioBuffer band_, lead_;
  std::vector<float> room_send_, plate_send_;
};

void report_strips(const std::vector<Track>& tracks, const std::vector<Stem>& stems,
                   double produced, MixReport& report) {
  std::size_t reported = stems.size();
  for (const Track& t : tracks) {
    if (t.stem == reported) continue;  // the right side of a stereo stem
    reported = t.stem;
    const std::string& name = stems[t.stem].name;
    report.stem_gains_db.emplace_back(name, t.input_gain_db + t.fader_db);
    report.figures.emplace_back(name + ".input_gain_db", t.input_gain_db);
    report.figures.emplace_back(name + ".fader_db", t.fader_db);
    report.figures.emplace_back(name + ".pan", t.pan);
    report.figures.emplace_back(name + ".plate_db", t.channel->plate_db);
    report.figures.emplace_back(name + ".room_db", t.channel->room_db);
    report.figures.emplace_back(name + ".reduction_db", t.reduction_db);
    report.chain += fmt::format("{}: {}; ", name, describe(*t.channel, produced));
  }
}

}  // namespace

MixResult mix_stems(const std::vector<Stem>& stems, const MixOptions& options) {
  check(options);
  check(stems);
  const int rate_hz = stems.front().audio.rate_hz();
  std::vector<Track> tracks = make_tracks(stems);
  set_input_gains(tracks, rate_hz);
  run_strips(tracks, options.producedness, rate_hz);
  set_faders(tracks, stems, options);

  MixResult result;
  report_strips(tracks, stems, options.producedness, result.report);
  Desk(stems, tracks, options.keep_stems).run(result);
  return result;
}

void master_mix(MixResult& mix, const MixOptions& options) {
  check(options);
  if (mix.premaster.num_channels() != 2) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("master: premaster has {} channels; expected 2", mix.premaster.num_channels()));
  }
  MasterReport mastering;
  mix.master = master(mix.premaster, options, mastering);
  MixReport& report = mix.report;
  report.master_gain_db = mastering.gain_db;
  report.integrated_lufs = mastering.integrated_lufs;
  report.true_peak_dbtp = mastering.true_peak_dbtp;
  report.chain += fmt::format("reverb: early reflections 8-20 ms, plate(rt60_s={}); master: {}",
                              kPlateSeconds, mastering.chain);
  report.figures.insert(report.figures.end(), mastering.figures.begin(), mastering.figures.end());
}

MixResult mix_song(const std::vector<Stem>& stems, const MixOptions& options, const Rng&) {
  MixResult result = mix_stems(stems, options);
  master_mix(result, options);
  return result;
}

}  // namespace brandiron::gen
