#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "brandiron/gen/songwriter.h"
#include "composition/staff.h"

namespace brandiron::gen {
namespace {

constexpr int kDivisions = 4;  ///< of a quarter: the grid is sixteenths

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return out;
}

struct NoteValue {
  int units;
  const char* type;
  bool dotted;
};

/// Lengths that one symbol can have, in sixteenths; what is longer is tied.
constexpr std::array<NoteValue, 9> kValues = {{{24, "whole", true},
                                               {16, "whole", false},
                                               {12, "half", true},
                                               {8, "half", false},
                                               {6, "quarter", true},
                                               {4, "quarter", false},
                                               {3, "eighth", true},
                                               {2, "eighth", false},
                                               {1, "16th", false}}};

const NoteValue& value_within(int units) {
  return *std::find_if(kValues.begin(), kValues.end() - 1,
                       [&](const NoteValue& value) { return value.units <= units; });
}

/// One part, one voice: chord symbols, the tune and its words.
class MusicXmlWriter {
 public:
  explicit MusicXmlWriter(const Score& score)
      : score_(score), speller_(score), units_per_beat_(score.compound ? 6 : 4) {}

  std::string write() {
    head();
    int section = 0;
    for (int bar = 0; bar < score_.num_bars(); ++bar) {
      out_ += fmt::format("  <measure number=\"{}\">\n", bar + 1);
      if (bar == 0) attributes();
      const int here = score_.section_at_bar(bar);
      if (bar == 0 || here != section) {
        out_ += fmt::format(
            "   <direction placement=\"above\"><direction-type><rehearsal>{}</rehearsal>"
            "</direction-type></direction>\n",
            escaped(score_.sections[static_cast<std::size_t>(here)].label));
        section = here;
      }
      write_bar(bar);
      if (bar + 1 == score_.num_bars()) {
        out_ += "   <barline location=\"right\"><bar-style>light-heavy</bar-style></barline>\n";
      }
      out_ += "  </measure>\n";
    }
    return out_ + " </part>\n</score-partwise>\n";
  }

 private:
  int units(double beats) const {
    return static_cast<int>(std::floor(beats * units_per_beat_ + 0.5));
  }

  void head() {
    out_ = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
        "<!DOCTYPE score-partwise PUBLIC \"-//Recordare//DTD MusicXML 3.1 Partwise//EN\" "
        "\"http://www.musicxml.org/dtds/partwise.dtd\">\n"
        "<score-partwise version=\"3.1\">\n"
        " <work><work-title>{}</work-title></work>\n"
        " <identification><creator type=\"composer\">Brandiron (synthetic)</creator>"
        "<encoding><software>Brandiron</software></encoding></identification>\n"
        " <part-list><score-part id=\"P1\"><part-name>Voice</part-name></score-part></part-list>\n"
        " <part id=\"P1\">\n",
        escaped(score_.title));
  }

  void attributes() {
    out_ += fmt::format(
        "   <attributes><divisions>{}</divisions><key><fifths>{}</fifths><mode>{}</mode></key>"
        "<time><beats>{}</beats><beat-type>{}</beat-type></time>"
        "<clef><sign>F</sign><line>4</line></clef></attributes>\n",
        kDivisions, key_fifths(score_), score_.minor ? "minor" : "major",
        score_.compound ? 12 : score_.beats_per_bar, score_.compound ? 8 : 4);
    // `sound` counts quarters, the metronome mark the song's beat.
    out_ += fmt::format(
        "   <direction placement=\"above\"><direction-type><metronome><beat-unit>quarter"
        "</beat-unit>{}<per-minute>{:g}</per-minute></metronome></direction-type>"
        "<sound tempo=\"{:g}\"/></direction>\n",
        score_.compound ? "<beat-unit-dot/>" : "", score_.tempo_bpm,
        score_.tempo_bpm * (score_.compound ? 1.5 : 1.0));
  }

  void harmony(const Chord& chord) {
    const Spelling root = speller_.spell(60 + chord.root_pc);
    const char* kind = "major";
    if (chord.quality == "min") kind = "minor";
    if (chord.quality == "7") kind = "dominant";
    if (chord.quality == "min7") kind = "minor-seventh";
    if (chord.quality == "maj7") kind = "major-seventh";
    if (chord.quality == "sus4") kind = "suspended-fourth";
    if (chord.quality == "dim") kind = "diminished";
    const std::string alter =
        root.alter == 0 ? "" : fmt::format("<root-alter>{}</root-alter>", root.alter);
    out_ += fmt::format(
        "   <harmony><root><root-step>{}</root-step>{}</root><kind>{}</kind></harmony>\n",
        root.step, alter, kind);
  }

  std::string lyric(const VocalNote& note) const {
    if (note.melisma) return "";
    const auto s = static_cast<std::size_t>(note.syllable);
    const Word& word = score_.words[static_cast<std::size_t>(score_.syllables[s].word)];
    const bool first = note.syllable == word.first_syllable;
    const bool last = note.syllable + 1 == word.first_syllable + word.num_syllables;
    const char* syllabic = first ? (last ? "single" : "begin") : (last ? "end" : "middle");
    return fmt::format("<lyric number=\"1\"><syllabic>{}</syllabic><text>{}</text></lyric>",
                       syllabic, escaped(score_.syllables[s].text));
  }

  void rest(int length, const NoteValue& value) {
    out_ += fmt::format(
        "   <note><rest/><duration>{}</duration><voice>1</voice><type>{}</type>{}"
        "</note>\n",
        length, value.type, value.dotted ? "<dot/>" : "");
  }

  void note_symbol(const VocalNote& note, const NoteValue& value, bool tied_back, bool tied_on,
                   const std::string& words) {
    const Spelling spelling = speller_.spell(note.pitch);
    const std::string alter =
        spelling.alter == 0 ? "" : fmt::format("<alter>{}</alter>", spelling.alter);
    std::string ties, marks;
    if (tied_back) ties += "<tie type=\"stop\"/>", marks += "<tied type=\"stop\"/>";
    if (tied_on) ties += "<tie type=\"start\"/>", marks += "<tied type=\"start\"/>";
    out_ += fmt::format(
        "   <note><pitch><step>{}</step>{}<octave>{}</octave></pitch><duration>{}</duration>{}"
        "<voice>1</voice><type>{}</type>{}{}{}</note>\n",
        spelling.step, alter, spelling.octave, value.units, ties, value.type,
        value.dotted ? "<dot/>" : "", marks.empty() ? "" : "<notations>" + marks + "</notations>",
        words);
  }

  /// Symbols from `at` to `end` inside one bar, cut where chords change. `note` null: a rest.
  void stretch(int at, int end, const VocalNote* note, bool begun, bool goes_on) {
    while (at < end) {
      int stop = end;
      const int index = score_.chord_at(static_cast<double>(at) / units_per_beat_ + 1e-6);
      if (index >= 0) {
        const Chord& chord = score_.chords[static_cast<std::size_t>(index)];
        if (index != last_chord_) harmony(chord);
        last_chord_ = index;
        stop = std::clamp(units(chord.end_beat), at + 1, end);
      }
      const NoteValue& value = value_within(stop - at);
      const int next = at + value.units;
      if (note == nullptr) {
        rest(value.units, value);
      } else {
        note_symbol(*note, value, begun, next < end || goes_on, begun ? "" : lyric(*note));
        begun = true;
      }
      at = next;
    }
  }

  void write_bar(int bar) {
    const int length = score_.beats_per_bar * units_per_beat_;
    const int from = bar * length, to = from + length;
    int at = from;
    for (; next_note_ < score_.vocal.size(); ++next_note_) {
      const VocalNote& note = score_.vocal[next_note_];
      const int start = units(note.start_beat);
      const int end = std::max(start + 1, units(note.start_beat + note.duration_beats));
      if (start >= to) break;
      const int begin = std::max(start, at);
      stretch(at, begin, nullptr, false, false);
      stretch(begin, std::min(end, to), &note, start<from, end> to);
      at = std::max(at, std::min(end, to));
      if (end > to) return;  // goes on in the next bar
    }
    stretch(at, to, nullptr, false, false);
  }

  const Score& score_;
  Speller speller_;
  int units_per_beat_;
  std::size_t next_note_ = 0;
  int last_chord_ = -1;
  std::string out_;
};

}  // namespace

std::string score_to_musicxml(const Score& score) { return MusicXmlWriter(score).write(); }

}  // namespace brandiron::gen
