#pragma once

#include <filesystem>

#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"

namespace brandiron::gen {

/// Arranges, performs and renders the band: guitar, bass, stomp, clap, tambourine, the colour
/// instrument. Keeps out of the singer's way. Deterministic. @throws Error(kModel) naming the
/// missing sound font and the package to install.
BandPerformance play_band(const Score& score, const Persona& persona, int rate_hz, const Rng& rng);

/// The sound font that `play_band` uses: $BRANDIRON_SOUNDFONT, else Debian's places.
/// @throws Error(kModel) naming the package to install.
std::filesystem::path find_sound_font();

/// When the gang shouts (seconds): from the same groove tables as the band.
std::vector<double> gang_times(const Score& score, const Persona& persona, const Rng& rng);

struct MixOptions {
  /// What marking may add to the true peak; what exceeds it is limited on publishing.
  static constexpr double kMarkRaisesPeakDb = 0.5;
  double target_lufs = -9.5;
  double true_peak_dbtp = -1.5;  ///< of the master; the published file's is at most 0.5 dB higher
  double vocal_over_band_db = 3.0;
  /// 0 no compression .. 1 house sound .. 1.5: scales every compressor and how far peaks may rise
  /// over the loudness. Dynamics change; notes, balance and loudness do not.
  double producedness = 1.0;
  bool keep_stems = true;  ///< false leaves MixResult::stems empty: less memory, same master
};

/// One effect with all its settings, by the names that the effects chain language has for them
/// where it has the effect.
struct MixStep {
  std::string effect;
  std::vector<std::pair<std::string, double>> settings;
  std::string channel;  ///< "mid" or "side" of a stereo signal, else empty
};

/// A stem's way to the desk. Order: input gain, steps, then fader, pan and sends.
struct MixChannel {
  std::string stem;
  double input_gain_db = 0;
  std::vector<MixStep> steps;
  /// Peak gain reduction of the steps' compressors together, reached in this song.
  double reduction_db = 0;
  double fader_db = 0;
  double pan = 0;  ///< -1 left .. 1 right, constant power; of a stereo stem's left side
  double room_send_db = 0, plate_send_db = 0;  ///< after the fader; -60 or less: none
};

/// What the mixer did (loudness and true peak within 0.1 dB of measure_loudness); every figure of
/// it is written into song.json.
struct MixReport {
  std::vector<std::pair<std::string, double>> stem_gains_db;
  /// K-weighted, over the 100 ms blocks in which the lead sings (its reverb not counted); 0
  /// without.
  double vocal_over_band_db = 0, master_gain_db = 0, integrated_lufs = 0, true_peak_dbtp = 0;
  std::string chain;  ///< the effects, in words of the chain language where they are such
  /// The same as data, every setting of it: enough to mix the raw parts again.
  std::vector<MixChannel> channels;
  std::vector<MixStep> room;    ///< early reflections, one a step, and the plate
  std::vector<MixStep> master;  ///< in order
  /// Every other number that the mixer used or reached, by dotted name ("limiter.reduction_db").
  std::vector<std::pair<std::string, double>> figures;
};

struct MixResult {
  std::vector<Stem> stems;  ///< after channel strips, stereo: they sum to `premaster` exactly
  AudioBuffer premaster;    ///< stereo
  AudioBuffer master;       ///< stereo, loudness and true peak within limits
  MixReport report;
};

/// Channel strips, faders and the common room: all of MixResult but `master`, and of its report all
/// but the master's part. `stems` by name; "lead_vocal" leads. Works in the stems' memory: move
/// them in if they are no longer needed. Deterministic, thread-safe.
/// @throws Error(kInvalidArgument) for stems of unequal shape or options out of range;
/// Error(kInternal) for samples that are not finite.
MixResult mix_stems(std::vector<Stem> stems, const MixOptions& options);

/// Masters `mix.premaster`, whatever became of it since mix_stems, into `mix.master` and completes
/// the report: once a result. The premaster itself stays. Deterministic, thread-safe.
/// @throws Error(kInvalidArgument) for a premaster that is not stereo or options out of range.
void master_mix(MixResult& mix, const MixOptions& options);

/// mix_stems, then master_mix.
MixResult mix_song(std::vector<Stem> stems, const MixOptions& options, const Rng& rng);

}  // namespace brandiron::gen
