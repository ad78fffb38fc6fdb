#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/band.h"
#include "channels.h"
#include "lane_bank.h"
#include "loudness_meter.h"
#include "master.h"
#include "mix_steps.h"
#include "room.h"
#include "tape.h"

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
  }
}

double mean_square_db(double mean_square) {
  return mean_square > 0 ? 10.0 * det::log10(mean_square) : -200.0;
}

/// The stems' channels, what is silent in them, and their levels block by block. Strips run in
/// place: fresh memory for every part would cost more than the filters.
class Session {
 public:
  explicit Session(std::vector<Stem>& stems)
      : stems_(stems), tracks_(make_tracks(stems, signals_)), tape_(make_tape(stems)) {}

  std::vector<Track>& tracks() { return tracks_; }
  const std::vector<Track>& tracks() const { return tracks_; }
  const Tape& tape() const { return tape_; }
  bool is_lead(const Track& t) const { return stems_[t.stem].name == kLead; }
  int rate_hz() const { return stems_.front().audio.rate_hz(); }

  void measure() { levels_ = tape_levels(tape_, signals_, rate_hz()); }
  void run(double produced) {
    std::vector<StripSettings> strips;
    for (const Track& t : tracks_) {
      strips.push_back(make_strip(*t.channel, t.input_gain_db, produced, rate_hz()));
    }
    StripRun run = run_strips(tape_, signals_, strips, rate_hz());
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
      tracks_[t].reduction_db = run.deepest_reduction_db[t];
    }
    levels_ = std::move(run.levels);
  }

  /// Level of a stem when it plays: of its louder side, or of both together.
  double louder_side(std::size_t stem) const {
    double level = 0.0;
    for_sides(stem, [&](double side) { level = std::max(level, side); });
    return level;
  }
  double both_sides(std::size_t stem) const {
    double level = 0.0;
    for_sides(stem, [&](double side) { level += side; });
    return level;
  }
  double level(std::size_t track, std::size_t block) const {
    const std::int32_t place = tape_.place(track, block);
    return place < 0 ? 0.0 : levels_[static_cast<std::size_t>(place)];
  }
  /// A track's block, or null where it is silent.
  const float* block(std::size_t track, std::size_t block) const {
    if (tape_.place(track, block) < 0) return nullptr;
    return signals_[track].data() + block * tape_.block_frames();
  }

 private:
  static std::vector<Track> make_tracks(std::vector<Stem>& stems,
                                        std::vector<std::span<float>>& signals) {
    std::vector<Track> tracks;
    for (std::size_t s = 0; s < stems.size(); ++s) {
      AudioBuffer& audio = stems[s].audio;
      const Channel& channel = channel_for(stems[s].name);
      const bool stereo = audio.num_channels() == 2;
      for (std::size_t c = 0; c < audio.num_channels(); ++c) {
        tracks.push_back({s, stereo ? (c == 0 ? -0.8 : 0.8) : channel.pan, &channel});
        signals.push_back(audio.channel(c));
      }
    }
    return tracks;
  }
  Tape make_tape(const std::vector<Stem>& stems) const {
    return Tape(signals_, stems.front().audio.rate_hz());
  }
  template <typename Visit>
  void for_sides(std::size_t stem, Visit visit) const {
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
      if (tracks_[t].stem != stem) continue;
      std::vector<double> blocks;
      for (std::size_t b = 0; b < tape_.num_song_blocks(); ++b) blocks.push_back(level(t, b));
      visit(active_mean_square(blocks));
    }
  }

  const std::vector<Stem>& stems_;
  std::vector<std::span<float>> signals_;
  std::vector<Track> tracks_;
  Tape tape_;
  std::vector<double> levels_;
};

/// Brings a part to the strips' working level; both sides of a stereo stem alike.
void set_input_gains(Session& session) {
  session.measure();
  for (Track& t : session.tracks()) {
    const double level = session.louder_side(t.stem);
    t.input_gain_db = level > kSilence ? kStripLevelDb - mean_square_db(level) : 0.0;
  }
}

/// Puts each part at its place below the guitar, and the lead over what the band does as he sings.
void set_faders(Session& session, const MixOptions& options) {
  std::vector<Track>& tracks = session.tracks();
  for (Track& t : tracks) {
    const double level = session.both_sides(t.stem);
    t.fader_db =
        level > kSilence ? kStripLevelDb + t.channel->level_db - mean_square_db(level) : 0.0;
  }
  std::vector<double> lead(session.tape().num_song_blocks(), 0.0), rest = lead;
  bool has_lead = false;
  for (std::size_t t = 0; t < tracks.size(); ++t) {
    has_lead = has_lead || session.is_lead(tracks[t]);
    auto& sum = session.is_lead(tracks[t]) ? lead : rest;
    const double power = det::pow(10.0, tracks[t].fader_db / 10.0);
    for (std::size_t b = 0; b < sum.size(); ++b) sum[b] += power * session.level(t, b);
  }
  if (!has_lead) return;
  const double threshold = 0.1 * active_mean_square(lead);
  double lead_energy = 0.0, rest_energy = 0.0;
  for (std::size_t b = 0; b < lead.size(); ++b) {
    if (lead[b] <= threshold) continue;
    lead_energy += lead[b];
    rest_energy += rest[b];
  }
  double correction_db = kLoneVocalLevelDb;
  if (lead_energy > 0 && rest_energy > 0) {
    correction_db = options.vocal_over_band_db - mean_square_db(lead_energy / rest_energy);
  }
  for (Track& t : tracks) {
    if (session.is_lead(t)) t.fader_db += correction_db;
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

struct Sends {
  float left, right, room, plate;
};

/// A block of one track to where it goes, in one reading.
__attribute__((target_clones("avx2", "default"))) void pan_and_send(
    const float* __restrict x, const Sends& gains, float* __restrict left, float* __restrict right,
    float* __restrict room, float* __restrict plate, std::size_t n) {
  const Sends g = gains;
  for (std::size_t i = 0; i < n; ++i) {
    const float v = x[i];
    left[i] += g.left * v;
    right[i] += g.right * v;
    room[i] += g.room * v;
    plate[i] += g.plate * v;
  }
}

__attribute__((target_clones("avx2", "default"))) void pan_only(const float* __restrict x,
                                                                const Sends& gains,
                                                                float* __restrict left,
                                                                float* __restrict right,
                                                                std::size_t n) {
  const Sends g = gains;
  for (std::size_t i = 0; i < n; ++i) {
    left[i] += g.left * x[i];
    right[i] += g.right * x[i];
  }
}

__attribute__((target_clones("avx2", "default"))) void add_three(float* __restrict to,
                                                                 const float* __restrict a,
                                                                 const float* __restrict b,
                                                                 const float* __restrict c,
                                                                 std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = (a[i] + b[i]) + c[i];
}

/// Returns the largest magnitude of the sum.
__attribute__((target_clones("avx2", "default"))) float add(float* __restrict to,
                                                            const float* __restrict from,
                                                            std::size_t n) {
  float peaks[16] = {};  // side by side: one alone would be a chain that no compiler may break up
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) {
      const float sum = to[i + k] + from[i + k], size = std::fabs(sum);
      to[i + k] = sum;
      peaks[k] = peaks[k] < size ? size : peaks[k];
    }
  }
  for (; i < n; ++i) {
    to[i] += from[i];
    peaks[0] = std::max(peaks[0], std::fabs(to[i]));
  }
  return *std::max_element(peaks, peaks + 16);
}

/// K-weighted level of the lead over everything else but the reverb, where he sings.
class VocalOverBand {
 public:
  explicit VocalOverBand(int rate_hz) : meter_(rate_hz) {}

  void add(const std::array<std::vector<float>, 2>& lead,
           const std::array<std::vector<float>, 2>& band) {
    const auto levels = meter_.measure(
        {lead[0].data(), lead[1].data(), band[0].data(), band[1].data()}, lead[0].size());
    lead_.push_back(levels[0]);
    band_.push_back(levels[1]);
  }
  double result_db() const {
    const double threshold = 0.1 * active_mean_square(lead_);
    double over = 0.0, under = 0.0;
    for (std::size_t i = 0; i < lead_.size(); ++i) {
      if (lead_[i] <= threshold) continue;
      over += lead_[i];
      under += band_[i];
    }
    return over > 0 && under > 0 ? mean_square_db(over / under) : 0.0;
  }

 private:
  VoiceBandMeter meter_;
  std::vector<double> lead_, band_;
};

/// Everything between the strips and the master, 100 ms at a time: what is worked on stays in the
/// processor's cache.
class Desk {
 public:
  Desk(const std::vector<Stem>& stems, const Session& session, bool keep_stems)
      : stems_(stems),
        session_(session),
        keep_stems_(keep_stems),
        frames_(stems.front().audio.num_frames()),
        size_(session.tape().block_frames()),
        num_blocks_(session.tape().num_song_blocks()),
        room_(session.rate_hz(), size_),
        plate_(session.rate_hz(), num_blocks_, size_),
        vocal_over_band_(session.rate_hz()) {
    for (auto* pair : {&lead_, &band_, &wet_}) {
      for (auto& side : *pair) side.resize(size_);
    }
    const double fader_db = det::gain_to_db(kDeskGain);
    for (const Track& t : session.tracks()) {
      const Panned p = pan_gains(t.fader_db + fader_db, t.pan);
      gains_.push_back({p.left, p.right, send_gain(t.fader_db + fader_db, t.channel->room_db),
                        send_gain(t.fader_db + fader_db, t.channel->plate_db)});
    }
  }

  void run(MixResult& result) {
    const int rate_hz = session_.rate_hz();
    result.premaster = AudioBuffer(2, frames_, rate_hz);
    if (keep_stems_) {
      for (const Stem& s : stems_)
        result.stems.push_back({s.name, AudioBuffer(2, frames_, rate_hz)});
      result.stems.push_back({"reverb", AudioBuffer(2, frames_, rate_hz)});
    }
    for (std::size_t b = 0; b < num_blocks_; ++b) mix_block(b, result);
    result.report.vocal_over_band_db = vocal_over_band_.result_db();
    for (std::size_t b = 0; b < num_blocks_; ++b) add_plate(b, result);
    leave_headroom(result);
  }

 private:
  static float send_gain(double fader_db, double send_db) {
    return send_db <= -60.0 ? 0.0F : static_cast<float>(det::db_to_gain(fader_db + send_db));
  }
  std::size_t frames_of(std::size_t block) const {
    return std::min(size_, frames_ - block * size_);
  }

  void mix_block(std::size_t block, MixResult& result) {
    for (auto* pair : {&lead_, &band_}) {
      for (auto& side : *pair) std::fill(side.begin(), side.end(), 0.0F);
    }
    bool sung = false;
    for (std::size_t t = 0; t < gains_.size(); ++t) {
      const Track& track = session_.tracks()[t];
      const float* x = session_.block(t, block);
      const bool is_lead = session_.is_lead(track);
      // A block early, for the meter to settle.
      sung = sung || (is_lead && (x != nullptr || (block + 1 < num_blocks_ &&
                                                   session_.block(t, block + 1) != nullptr)));
      if (x == nullptr) continue;
      auto& to = is_lead ? lead_ : band_;
      pan_and_send(x, gains_[t], to[0].data(), to[1].data(), room_.send(), plate_.send(),
                   frames_of(block));
      if (keep_stems_) {
        AudioBuffer& stem = result.stems[track.stem].audio;
        pan_only(x, gains_[t], stem.channel(0).data() + block * size_,
                 stem.channel(1).data() + block * size_, frames_of(block));
      }
    }
    room_.finish_block(wet_[0].data(), wet_[1].data());
    plate_.finish_block();
    if (sung) vocal_over_band_.add(lead_, band_);
    for (std::size_t c = 0; c < 2; ++c) {
      add_three(result.premaster.channel(c).data() + block * size_, lead_[c].data(),
                band_[c].data(), wet_[c].data(), frames_of(block));
      if (!keep_stems_) continue;
      std::copy_n(wet_[c].begin(), frames_of(block),
                  result.stems.back().audio.channel(c).begin() +
                      static_cast<std::ptrdiff_t>(block * size_));
    }
  }

  void add_plate(std::size_t block, MixResult& result) {
    for (auto& side : wet_) std::fill(side.begin(), side.end(), 0.0F);
    plate_.add_return(block, wet_[0].data(), wet_[1].data());
    for (std::size_t c = 0; c < 2; ++c) {
      float* to = result.premaster.channel(c).data() + block * size_;
      peak_ = std::max(peak_, add(to, wet_[c].data(), frames_of(block)));
      if (!keep_stems_) continue;
      add(result.stems.back().audio.channel(c).data() + block * size_, wet_[c].data(),
          frames_of(block));
    }
  }

  /// Halves everything until the premaster fits a file. Halving is exact: the sum stays the sum,
  /// and whether stems are kept changes nothing.
  void leave_headroom(MixResult& result) const {
    float gain = 1.0F;
    while (peak_ * gain > kHighestPeak) gain *= 0.5F;
    if (gain < 1.0F) {
      result.premaster.apply_gain(gain);
      for (Stem& stem : result.stems) stem.audio.apply_gain(gain);
    }
    const double gain_db = det::gain_to_db(static_cast<double>(gain) * kDeskGain);
    for (auto& [name, stem_gain_db] : result.report.stem_gains_db) stem_gain_db += gain_db;
    result.report.figures.emplace_back("headroom_db", gain_db);
  }

  // Where most songs fit at once.
  static constexpr double kDeskGain = 0.5;
  const std::vector<Stem>& stems_;
  const Session& session_;
  bool keep_stems_;
  std::size_t frames_, size_, num_blocks_;
  float peak_ = 0.0F;
  std::vector<Sends> gains_;
  std::array<std::vector<float>, 2> lead_, band_, wet_;
  EarlyRoom room_;
  Plate plate_;
  VocalOverBand vocal_over_band_;
};

void report_strips(const Session& session, const std::vector<Stem>& stems, double produced,
                   MixReport& report) {
  std::size_t reported = stems.size();
  for (const Track& t : session.tracks()) {
    if (t.stem == reported) continue;  // the right side of a stereo stem
    reported = t.stem;
    const std::string& name = stems[t.stem].name;
    report.stem_gains_db.emplace_back(name, t.input_gain_db + t.fader_db);
    report.channels.push_back({name, t.input_gain_db, strip_steps(*t.channel, produced),
                               t.reduction_db, t.fader_db, t.pan, t.channel->room_db,
                               t.channel->plate_db});
    const MixChannel& c = report.channels.back();
    for (const auto& [key, value] : {std::pair{".input_gain_db", c.input_gain_db},
                                     {".fader_db", c.fader_db},
                                     {".pan", c.pan},
                                     {".plate_db", c.plate_send_db},
                                     {".room_db", c.room_send_db},
                                     {".reduction_db", c.reduction_db}}) {
      report.figures.emplace_back(name + key, value);
    }
    report.chain += fmt::format("{}: {}; ", name, text_of(c.steps));
  }
  report.room = room_settings();
  report.chain += fmt::format("reverb: {}; ", text_of(report.room));
}

}  // namespace

MixResult mix_stems(std::vector<Stem> stems, const MixOptions& options) {
  check(options);
  check(stems);
  Session session(stems);
  set_input_gains(session);
  session.run(options.producedness);
  set_faders(session, options);

  MixResult result;
  report_strips(session, stems, options.producedness, result.report);
  Desk(stems, session, options.keep_stems).run(result);
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
  report.chain += "master: " + text_of(mastering.steps);
  report.master = std::move(mastering.steps);
  report.figures.insert(report.figures.end(), mastering.figures.begin(), mastering.figures.end());
}

MixResult mix_song(std::vector<Stem> stems, const MixOptions& options, const Rng&) {
  MixResult result = mix_stems(std::move(stems), options);
  master_mix(result, options);
  return result;
}

}  // namespace brandiron::gen
