#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace brandiron::gen {

// The score is the plan of a song: everything that is decided before a sample is made. Positions
// are in beats (quarter notes) from the first sample of the mix; `Score::time_s` makes seconds of
// them.

/// One syllable of the lyrics with its phones (ARPAbet, vowels carry stress 0-2: "AY1").
struct Syllable {
  std::string text;
  std::vector<std::string> phones;
  int stress = 0;  ///< 0 none, 1 primary, 2 secondary
  int word = 0;    ///< index into Score::words
};

struct Word {
  std::string text;
  int line = 0;
  int first_syllable = 0, num_syllables = 0;
};

struct Line {
  std::string text;
  int section = 0;
  int first_word = 0, num_words = 0;
  std::string rhyme_class;  ///< letter of the scheme: "A", "B"; "" unrhymed
};

struct Section {
  std::string label;  ///< intro verse chorus bridge instrumental outro
  int start_bar = 0, bars = 0;
};

struct Chord {
  double start_beat = 0, end_beat = 0;
  int root_pc = 0;            ///< 0 = C
  std::string quality;        ///< Harte shorthand: maj min 7 min7 maj7 sus4 dim
  std::string label() const;  ///< Harte: "E:maj", "A:7"
};

/// One note of the lead. A syllable sung over several notes: the later ones are `melisma`.
struct VocalNote {
  double start_beat = 0, duration_beats = 0;
  int pitch = 60;  ///< MIDI
  int velocity = 90;
  int syllable = 0;  ///< index into Score::syllables
  bool melisma = false;
  bool phrase_start = false, phrase_end = false;
};

/// What the songwriter drew of one kind (plan, word, chord, rhythm, note), and from how much
/// choice.
struct DrawCount {
  std::string kind;
  std::uint64_t draws = 0;
  double bits = 0;  ///< sum of the entropies of the distributions
};

struct Score {
  std::string title, theme;
  std::uint64_t seed = 0;
  double tempo_bpm = 84;
  int beats_per_bar = 4;  ///< 4 or 3; 12/8 is 4 beats of triplets (`compound`)
  bool compound = false;
  int tonic_pc = 4;
  bool minor = false;
  std::string groove;  ///< stomp train waltz ballad
  std::vector<Section> sections;
  std::vector<Chord> chords;
  std::vector<Line> lines;
  std::vector<Word> words;
  std::vector<Syllable> syllables;
  std::vector<VocalNote> vocal;
  std::vector<std::string> adapted;  ///< what was changed in a person's own words, for people
  std::vector<DrawCount> draws;      ///< of the kinds that were drawn

  int num_bars() const;
  double num_beats() const { return static_cast<double>(num_bars()) * beats_per_bar; }
  double time_s(double beat) const { return beat * 60.0 / tempo_bpm; }
  std::string key_label() const;    ///< "E:maj"
  std::string meter_label() const;  ///< "4/4", "3/4", "12/8"
  /// Section index of a bar, -1 past the end.
  int section_at_bar(int bar) const;
  /// Index of the chord sounding at a beat, -1 if none.
  int chord_at(double beat) const;
};

/// Moves tune, chords and key by `semitones`.
void transpose(Score& score, int semitones);

/// @throws Error(kInternal) naming the first broken invariant (order, ranges, indices, notes and
/// syllables one to one but for melisma, nothing sung outside the song).
void validate_score(const Score& score);

}  // namespace brandiron::gen
