#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace brandiron::gen {

/// Notes are written in 48ths of a quarter note and in semitones above a tonic.
inline constexpr int kMelodyTicks = 48;

/// Lengths that a note may have, in ticks; others count as the nearest by ratio.
inline constexpr std::array<int, 27> kMelodyLengths = {6,   8,   12,  16,  18,  24,  32,  36,  42,
                                                       48,  60,  72,  84,  96,  120, 132, 144, 168,
                                                       180, 192, 216, 240, 264, 288, 336, 384, 480};
/// Pitches, in semitones above the tonic of the singer's octave; others count as the nearest.
inline constexpr int kMelodyLowest = -12, kMelodyHighest = 20;
inline constexpr int kMelodyPitches = kMelodyHighest - kMelodyLowest + 1;

/// Class of a length: index into kMelodyLengths. @pre ticks > 0.
int melody_length(int ticks);
/// Class of a pitch: 0 .. kMelodyPitches - 1.
int melody_pitch(int semitones_above_tonic);

/// What is known of a note before it is drawn. Numbers out of range are cut to it.
struct MelodyCondition {
  int mode = 0;         ///< `melody_mode`
  int meter = 0;        ///< `melody_meter`
  int bar_ticks = 192;  ///< length of a bar
  int onset = 0;        ///< ticks; those of a tune ascend
  int in_bar = 0;       ///< ticks since the bar line; a pickup counts from the bar it stands in
  int chord = 0, next_chord = 0;  ///< `melody_chord`; 0 unknown
  int chord_left = 0;             ///< 0 unknown, else 1 + whole quarters until it changes, up to 4
  int stress = 3;                 ///< of the syllable: 0, 1, 2; 3 unknown, 4 none begins here
  int next_stress = 3;            ///< the same of the next note; 5 after the last
  int word_end = 2;               ///< 1 the last syllable of its word, 0 not, 2 unknown
  int left = 0;                   ///< notes of the line from this one on; 0 unknown
  int bar = 0, bars = 8;          ///< number of its bar (a pickup: -1), bars of the tune
};

/// 0 major, 1 minor, 2 mixolydian, 3 dorian. Lydian counts as major, phrygian as minor.
/// @throws Error(kFormat) for another name.
int melody_mode(std::string_view name);
/// 0 4/4, 1 2/4, 2 3/4, 3 6/8 and 12/8, 4 2/2, 5 3/2 and 6/4, 6 9/8. @throws Error(kFormat).
int melody_meter(int beats, int unit);
/// Root above the tonic (0..11) and Harte quality; 0 is no chord.
int melody_chord(int root, std::string_view quality);
inline constexpr int kMelodyQualities = 8;  ///< chord = 1 + root * kMelodyQualities + quality

/// The inputs of the melody model at each note.
enum class MelodyInput {
  // what is known
  kMode,
  kMeter,
  kPlace,
  kChord,
  kNextChord,
  kChordLeft,
  kStress,
  kNextStress,
  kWordEnd,
  kLeft,
  kBar,
  kBarsLeft,
  kPart,
  // what was sung last
  kPitch,
  kLength,
  kRest,
  // what was sung two, four and eight bars ago: pitch then, its length if it began then, and how
  // many notes up to now repeated theirs
  kPitch2,
  kLength2,
  kRun2,
  kPitch4,
  kLength4,
  kRun4,
  kPitch8,
  kLength8,
  kRun8,
  // how the tune went on after the longest run of notes that ended as it does now: by pitch and
  // length, by interval and length, by length and place
  kSame,
  kSameLength,
  kSameRun,
  kShape,
  kShapeRun,
  kRhythm,
  kRhythmRun
};
inline constexpr std::size_t kMelodyInputs = 32, kMelodyConditions = 13;

struct MelodyInputShape {
  const char* name;
  int size;   ///< number of values
  int width;  ///< of its embedding
};
const std::array<MelodyInputShape, kMelodyInputs>& melody_input_shapes();

/// The notes of a tune so far, and what they lead one to expect. A value: copy it to try several
/// ways on. Every answer depends on earlier notes alone.
class MelodyMemory {
 public:
  /// Inputs at the next note. The onset never goes back.
  std::array<int, kMelodyInputs> inputs(const MelodyCondition& next) const;
  /// The note that was drawn for `known`: classes of pitch and length, and its true length.
  void add(const MelodyCondition& known, int pitch, int length, int ticks);

 private:
  static constexpr std::array<int, 3> kLags = {2, 4, 8};  ///< bars
  struct Note {
    int pitch, length, onset, ticks, place, interval;
  };
  struct Continuation {
    std::size_t note = 0;
    int run = 0;  ///< 0: there is none
  };
  static Continuation longest(const std::vector<int>& runs);
  std::ptrdiff_t sounding_at(int onset) const;

  std::vector<Note> notes_;
  std::array<int, 3> lag_runs_{};
  std::vector<int> same_, shape_, rhythm_;  ///< run that would go on at each earlier note
};

}  // namespace brandiron::gen
