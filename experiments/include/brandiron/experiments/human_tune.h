#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/gen/persona.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::experiments {

/// Ticks of a quarter note in the pack.
inline constexpr int kPackTicks = 48;

struct HumanNote {
  int start = 0, duration = 0;  ///< ticks
  int pitch = 60;               ///< MIDI
};

struct HumanChord {
  int start = 0;  ///< tick
  int root_pc = 0;
  std::string quality;  ///< maj min 7 min7 maj7 dim aug sus4
};

/// A tune that a person composed, as a line of melodies.jsonl has it.
struct HumanTune {
  std::string id, source, tier, title, composer, licence;
  std::string split;  ///< the pack's: train valid test, by title
  std::string meter;  ///< "4/4"
  bool one_meter = true;
  int tonic_pc = 0;
  bool minor = false;     ///< a minor third: minor, dorian, phrygian
  std::vector<int> bars;  ///< ticks of the bar lines
  std::vector<HumanNote> notes;
  std::vector<HumanChord> chords;
  /// A syllable a note: a trailing '-' goes on, "_" is sung on, "" is before the first.
  std::vector<std::vector<std::string>> verses;
  std::vector<int> slurs;  ///< notes that are sung to the syllable before
};

/// Tunes of the given tiers ("A": public domain by its source; "A-US": in the United States) from
/// melodies.jsonl or the folder that holds it, in the file's order.
/// @throws Error(kIo), Error(kFormat) naming file and line.
std::vector<HumanTune> read_tune_pack(const std::filesystem::path& path,
                                      const std::vector<std::string>& tiers = {"A"});

struct TuneRequest {
  std::uint64_t seed = 1;
  double duration_s = 0;  ///< of the song, reached within two bars; 0: drawn as for written songs
};

/// A tune as the plan of a song: key, tempo, groove, form, chords and melody are pinned.
struct TuneSong {
  gen::SongSpec spec;
  int semitones = 0;          ///< that the tune was moved
  std::size_t quantised = 0;  ///< notes that were not on the grid of song plans
  bool human_words = false;   ///< the tune's own; else `spec.lyrics` is empty and words are written
  bool whole = true;          ///< false: only the first lines fit the duration
};

struct TuneVerdict {
  std::optional<TuneSong> song;
  std::string why_not;  ///< a few words, the same for all tunes refused for one reason
};

/// Never throws for what a tune holds: a tune that cannot be sung says why. Pure function of its
/// arguments.
TuneVerdict song_of_tune(const HumanTune& tune, const gen::Persona& persona,
                         const TuneRequest& request);

}  // namespace brandiron::experiments
