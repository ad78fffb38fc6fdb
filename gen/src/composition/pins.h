#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/gen/score.h"
#include "brandiron/gen/songwriter.h"
#include "composition/key_name.h"
#include "composition/meter.h"

namespace brandiron::gen {

/// One note of a pinned tune.
struct PinnedNote {
  double onset = 0,
         duration = 0;   ///< beats; onset from the line's first bar line, pickups negative
  int pitch = 60;        ///< MIDI
  bool slurred = false;  ///< sings on the syllable before
};

/// The tune of one sung line.
struct PinnedLine {
  std::vector<PinnedNote> notes;
  int bars = 0;        ///< room that it takes, rests at its end included
  int places() const;  ///< notes on which a syllable may begin
};

struct PinnedChord {
  int root_pc = 0;
  std::string quality;
};

/// Chords of one bar, of equal length.
using PinnedBar = std::vector<PinnedChord>;

/// Chords and tunes that a specification pins, by section. "verse_2" stands before "verse" for the
/// second verse.
class Pins {
 public:
  /// @throws Error(kInvalidArgument) naming key, token and what is expected.
  Pins(const SongSpec& spec, const Key& key, const Meter& meter);

  /// `number`: which of the sections with this label, from 1. Null when nothing is pinned.
  const std::vector<PinnedBar>* chords(const std::string& label, int number) const;
  const std::vector<PinnedLine>* tune(const std::string& label, int number) const;

  /// Number of lines that the tunes of a label have, 0 when none is pinned. @throws
  /// Error(kInvalidArgument) when two tunes of one label differ.
  int tune_lines(const std::string& label) const;

  /// The first pinned key that no section of the form answers to, "" if all do.
  std::string unused(const std::vector<std::string>& labels) const;

 private:
  std::map<std::string, std::vector<PinnedBar>> chords_;
  std::map<std::string, std::vector<PinnedLine>> tunes_;
};

/// Reads "E", "B7", "F#m7", "E:maj", "bVII", "ii". @throws Error(kInvalidArgument).
PinnedChord parse_chord(const std::string& text, const Key& key);

/// Chords of a section of `bars` bars from beat `start` on: the progression as often as it fits,
/// cut at the end.
std::vector<Chord> pinned_chords(const std::vector<PinnedBar>& progression, int bars, double start,
                                 const Meter& meter);

/// Where each syllable begins: indices into the line's notes, ascending. Stressed syllables get the
/// strong places; what is left over is sung on. Empty when there are more syllables than places.
std::vector<std::size_t> place_syllables(const PinnedLine& line, const std::vector<int>& stresses,
                                         const Meter& meter);

}  // namespace brandiron::gen
