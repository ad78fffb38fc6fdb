#include "brandiron/gen/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "composition/key_name.h"
#include "composition/phones.h"

namespace brandiron::gen {
namespace {

constexpr double kTolerance = 1e-6;

[[noreturn]] void broken(const std::string& what) {
  throw Error(ErrorCode::kInternal, "score: " + what);
}

void check_frame(const Score& score) {
  if (!(score.tempo_bpm >= 20 && score.tempo_bpm <= 400)) {
    broken(fmt::format("tempo is {} bpm; expected 20 to 400", score.tempo_bpm));
  }
  if (score.beats_per_bar != 3 && score.beats_per_bar != 4) {
    broken(fmt::format("{} beats a bar; expected 3 or 4", score.beats_per_bar));
  }
  if (score.compound && score.beats_per_bar != 4) broken("12/8 has four beats a bar");
  if (score.tonic_pc < 0 || score.tonic_pc > 11) {
    broken(fmt::format("tonic {} is no pitch class", score.tonic_pc));
  }
}

void check_sections(const Score& score) {
  if (score.sections.empty()) broken("no sections");
  int bar = 0;
  for (std::size_t i = 0; i < score.sections.size(); ++i) {
    const Section& s = score.sections[i];
    if (s.start_bar != bar || s.bars < 1) {
      broken(fmt::format("section {} ({}) starts at bar {} with {} bars; expected bar {}", i,
                         s.label, s.start_bar, s.bars, bar));
    }
    bar += s.bars;
  }
}

void check_chords(const Score& score) {
  double beat = 0;
  for (std::size_t i = 0; i < score.chords.size(); ++i) {
    const Chord& c = score.chords[i];
    if (std::abs(c.start_beat - beat) > kTolerance || c.end_beat <= c.start_beat) {
      broken(fmt::format("chord {} runs from beat {} to {}; expected a start at {}", i,
                         c.start_beat, c.end_beat, beat));
    }
    if (c.root_pc < 0 || c.root_pc > 11) broken(fmt::format("chord {} has root {}", i, c.root_pc));
    beat = c.end_beat;
  }
  if (std::abs(beat - score.num_beats()) > kTolerance) {
    broken(fmt::format("chords end at beat {}, the song at {}", beat, score.num_beats()));
  }
}

void check_words(const Score& score) {
  int word = 0, syllable = 0;
  for (std::size_t l = 0; l < score.lines.size(); ++l) {
    const Line& line = score.lines[l];
    if (line.section < 0 || line.section >= static_cast<int>(score.sections.size())) {
      broken(fmt::format("line {} is in section {}", l, line.section));
    }
    if (l > 0 && line.section < score.lines[l - 1].section) {
      broken(fmt::format("line {} goes back to an earlier section", l));
    }
    if (line.first_word != word || line.num_words < 1) {
      broken(fmt::format("line {} has words {}+{}; expected a start at {}", l, line.first_word,
                         line.num_words, word));
    }
    word += line.num_words;
    if (word > static_cast<int>(score.words.size())) broken("lines name more words than there are");
    for (int w = line.first_word; w < word; ++w) {
      const Word& here = score.words[static_cast<std::size_t>(w)];
      if (here.line != static_cast<int>(l) || here.first_syllable != syllable ||
          here.num_syllables < 1 || here.text.empty()) {
        broken(fmt::format("word {} (\"{}\") has line {}, syllables {}+{}", w, here.text, here.line,
                           here.first_syllable, here.num_syllables));
      }
      syllable += here.num_syllables;
      if (syllable > static_cast<int>(score.syllables.size())) {
        broken("words name more syllables than there are");
      }
      for (int s = here.first_syllable; s < syllable; ++s) {
        const Syllable& sung = score.syllables[static_cast<std::size_t>(s)];
        if (sung.word != w)
          broken(fmt::format("syllable {} says word {}, not {}", s, sung.word, w));
        if (count_vowels(sung.phones) != 1) {
          broken(fmt::format("syllable {} (\"{}\") has {} vowels", s, sung.text,
                             count_vowels(sung.phones)));
        }
        if (sung.stress < 0 || sung.stress > 2) {
          broken(fmt::format("syllable {} has stress {}", s, sung.stress));
        }
      }
    }
  }
  if (word != static_cast<int>(score.words.size()) ||
      syllable != static_cast<int>(score.syllables.size())) {
    broken(fmt::format("{} of {} words and {} of {} syllables belong to lines", word,
                       score.words.size(), syllable, score.syllables.size()));
  }
}

void check_notes(const Score& score) {
  int next = 0;
  double end = 0;
  bool in_phrase = false;
  for (std::size_t n = 0; n < score.vocal.size(); ++n) {
    const VocalNote& note = score.vocal[n];
    if (note.start_beat < end - kTolerance || note.duration_beats <= 0) {
      broken(fmt::format("note {} starts at beat {} for {}; the one before ends at {}", n,
                         note.start_beat, note.duration_beats, end));
    }
    end = note.start_beat + note.duration_beats;
    if (end > score.num_beats() + kTolerance) {
      broken(
          fmt::format("note {} ends at beat {}, after the song ({})", n, end, score.num_beats()));
    }
    if (note.pitch < 0 || note.pitch > 127 || note.velocity < 1 || note.velocity > 127) {
      broken(fmt::format("note {} has pitch {} and velocity {}", n, note.pitch, note.velocity));
    }
    const int expected = note.melisma ? next - 1 : next;
    if (note.syllable != expected || expected < 0) {
      broken(fmt::format("note {} sings syllable {}; expected {}", n, note.syllable, expected));
    }
    if (!note.melisma) ++next;
    if (note.phrase_start == in_phrase) {
      broken(fmt::format("note {}: a phrase {}", n,
                         in_phrase ? "starts inside another" : "has no start"));
    }
    in_phrase = !note.phrase_end;
  }
  if (in_phrase) broken("the last phrase has no end");
  if (next != static_cast<int>(score.syllables.size())) {
    broken(fmt::format("{} syllables are sung of {}", next, score.syllables.size()));
  }
}

}  // namespace

std::string Chord::label() const { return pitch_class_name(root_pc) + ":" + quality; }

int Score::num_bars() const {
  return sections.empty() ? 0 : sections.back().start_bar + sections.back().bars;
}

std::string Score::key_label() const {
  return pitch_class_name(tonic_pc, key_has_flats({tonic_pc, minor})) + (minor ? ":min" : ":maj");
}

std::string Score::meter_label() const {
  if (compound) return "12/8";
  return beats_per_bar == 3 ? "3/4" : "4/4";
}

int Score::section_at_bar(int bar) const {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (bar >= sections[i].start_bar && bar < sections[i].start_bar + sections[i].bars) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int Score::chord_at(double beat) const {
  const auto after = std::upper_bound(chords.begin(), chords.end(), beat + 1e-9,
                                      [](double b, const Chord& c) { return b < c.start_beat; });
  if (after == chords.begin()) return -1;
  const auto index = static_cast<int>(after - chords.begin()) - 1;
  return beat < chords[static_cast<std::size_t>(index)].end_beat ? index : -1;
}

void validate_score(const Score& score) {
  check_frame(score);
  check_sections(score);
  check_chords(score);
  check_words(score);
  check_notes(score);
}

}  // namespace brandiron::gen
