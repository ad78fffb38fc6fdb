#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "brandiron/gen/songwriter.h"
#include "composition/key_name.h"

namespace brandiron::gen {
namespace {

/// Units of the file: L:1/16, and a third of a beat is L:1/8 in 12/8 (two units).
class AbcWriter {
 public:
  explicit AbcWriter(const Score& score)
      : score_(score),
        flats_(key_has_flats({score.tonic_pc, score.minor})),
        units_per_beat_(score.compound ? 6 : 4) {
    find_signature();
  }

  std::string write() {
    header();
    for (std::size_t s = 0; s < score_.sections.size(); ++s) section(s);
    return out_;
  }

 private:
  int units(double beats) const {
    return static_cast<int>(std::floor(beats * units_per_beat_ + 0.5));
  }
  int units_per_bar() const { return score_.beats_per_bar * units_per_beat_; }

  static std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' || c == '\r' || c == '%' ? ' ' : c;
    return out;
  }

  void header() {
    const std::string key = pitch_class_name(score_.tonic_pc, flats_) + (score_.minor ? "m" : "");
    out_ +=
        fmt::format("X:1\nT:{}\nC:Brandiron (synthetic)\nM:{}\nL:1/16\nQ:{}={}\nK:{} clef=bass\n",
                    plain(score_.title), score_.meter_label(), score_.compound ? "3/8" : "1/4",
                    score_.tempo_bpm, key);
  }

  /// Accidental of each letter in the key signature.
  void find_signature() {
    static constexpr std::array<int, 7> kSteps = {0, 2, 4, 5, 7, 9, 11};
    const int major_pc = score_.minor ? (score_.tonic_pc + 3) % 12 : score_.tonic_pc;
    for (const int step : kSteps) {
      const std::string name = pitch_class_name(major_pc + step, flats_ || major_pc == 5);
      signature_[static_cast<std::size_t>((name[0] - 'A' + 7) % 7)] =
          name.size() > 1 ? (name[1] == '#' ? 1 : -1) : 0;
    }
    if (major_pc == 6) signature_[4] = 1;  // E sharp in F sharp major
  }

  /// The note as ABC spells it, with an accidental only where the bar does not have it yet.
  std::string pitch(int midi) {
    static constexpr std::array<int, 7> kLetterPc = {9, 11, 0, 2, 4, 5, 7};
    int letter = -1, accidental = 0;
    for (int l = 0; l < 7; ++l) {  // the letter that the signature gives
      const auto at = static_cast<std::size_t>(l);
      if ((kLetterPc[at] + signature_[at] + 12) % 12 == midi % 12) {
        letter = l;
        accidental = signature_[at];
      }
    }
    if (letter < 0) {
      const std::string name = pitch_class_name(midi, flats_);
      letter = (name[0] - 'A' + 7) % 7;
      accidental = name.size() > 1 ? (name[1] == '#' ? 1 : -1) : 0;
    }
    const auto at = static_cast<std::size_t>(letter);
    const int natural = midi - accidental;
    const int octave = natural / 12 - 1;
    auto& current = in_bar_[at][static_cast<std::size_t>(std::clamp(octave, 0, 9))];
    std::string text;
    if (current != accidental) {
      text = accidental > 0 ? "^" : (accidental < 0 ? "_" : "=");
      current = accidental;
    }
    const char name = static_cast<char>('A' + letter);
    if (octave >= 5) {
      text += static_cast<char>(name - 'A' + 'a');
      text.append(static_cast<std::size_t>(octave - 5), '\'');
    } else {
      text += name;
      text.append(static_cast<std::size_t>(4 - octave), ',');
    }
    return text;
  }

  void new_bar() {
    for (std::size_t l = 0; l < 7; ++l) in_bar_[l].fill(signature_[l]);
  }

  static std::string chord_name(const Chord& chord, bool flats) {
    std::string name = pitch_class_name(chord.root_pc, flats);
    if (chord.quality == "min") return name + "m";
    if (chord.quality == "min7") return name + "m7";
    if (chord.quality == "maj") return name;
    return name + chord.quality;
  }

  /// Lengths that one ABC note may have: a note longer than these is tied.
  static int piece_of(int length) {
    static constexpr std::array<int, 10> kPieces = {24, 16, 12, 8, 6, 4, 3, 2, 1, 1};
    for (const int piece : kPieces) {
      if (piece <= length) return piece;
    }
    return 1;
  }

  static std::string length_text(int length) { return length == 1 ? "" : std::to_string(length); }

  /// A rest or note from `at` to `end` inside one bar, cut where chords change.
  void stretch(std::string& line, int at, int end, const std::string& symbol, bool tie_on) {
    while (at < end) {
      int stop = end;
      const double beat = static_cast<double>(at) / units_per_beat_;
      const int index = score_.chord_at(beat + 1e-6);
      if (index >= 0) {
        const Chord& chord = score_.chords[static_cast<std::size_t>(index)];
        if (index != last_chord_) {
          line += "\"" + chord_name(chord, flats_) + "\"";
          last_chord_ = index;
        }
        stop = std::min(stop, units(chord.end_beat));
      }
      const int piece = piece_of(std::max(1, stop - at));
      line += symbol + length_text(piece);
      at += piece;
      if (symbol != "z" && (at < end || tie_on)) line += "-";
      line += " ";
    }
  }

  std::string word_of(const VocalNote& note) {
    if (note.melisma) return "_ ";
    const auto s = static_cast<std::size_t>(note.syllable);
    const Word& word = score_.words[static_cast<std::size_t>(score_.syllables[s].word)];
    std::string text;
    for (const char c : score_.syllables[s].text) {
      if (c == '-' || c == '*' || c == '_' || c == '|' || c == '~' || c == ' ') continue;
      if (c == '\\' || c == '%') continue;
      text += c;
    }
    if (text.empty()) text = "*";
    const bool last = note.syllable + 1 == word.first_syllable + word.num_syllables;
    return text + (last ? " " : "-");
  }

  /// One music line with its words a section: simple, and every reader copes with long lines.
  void section(std::size_t index) {
    const Section& s = score_.sections[index];
    out_ += fmt::format("P:{}\n", s.label);
    for (int first = s.start_bar; first < s.start_bar + s.bars; first += 4) {
      const int last = std::min(first + 4, s.start_bar + s.bars);
      std::string music, words;
      for (int bar = first; bar < last; ++bar) {
        new_bar();
        write_bar(bar, music, words);
        music += bar + 1 == score_.num_bars() ? "|]" : "| ";
      }
      out_ += music + "\n";
      if (!words.empty()) out_ += "w: " + words + "\n";
    }
  }

  void write_bar(int bar, std::string& music, std::string& words) {
    const int from = bar * units_per_bar(), to = from + units_per_bar();
    int at = from;
    for (; next_note_ < score_.vocal.size(); ++next_note_) {
      const VocalNote& note = score_.vocal[next_note_];
      const int start = units(note.start_beat);
      const int end = std::max(start + 1, units(note.start_beat + note.duration_beats));
      if (start >= to) break;
      const int begin = std::max(start, at);
      if (begin > at) stretch(music, at, begin, "z", false);
      const int stop = std::min(end, to);
      stretch(music, begin, stop, pitch(note.pitch), end > to);
      // A tied note takes one word: ABC readers skip ties when they align words.
      if (start >= from) words += word_of(note);
      at = stop;
      if (end > to) return;  // goes on in the next bar
    }
    if (at < to) stretch(music, at, to, "z", false);
  }

  const Score& score_;
  bool flats_;
  int units_per_beat_;
  std::array<int, 7> signature_{};
  std::array<std::array<int, 10>, 7> in_bar_{};
  std::size_t next_note_ = 0;
  int last_chord_ = -1;
  std::string out_;
};

}  // namespace

std::string score_to_abc(const Score& score) { return AbcWriter(score).write(); }

}  // namespace brandiron::gen
