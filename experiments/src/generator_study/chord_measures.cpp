#include "generator_study/chord_measures.h"

#include <algorithm>
#include <array>

namespace brandiron::experiments {

std::string numeral(int semitones, const std::string& quality) {
  static constexpr std::array<const char*, 12> kMajor = {
      "I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"};
  std::string name = kMajor[static_cast<std::size_t>(((semitones % 12) + 12) % 12)];
  if (quality.starts_with("min") || quality == "dim") {
    for (char& c : name) {
      if (c == 'I' || c == 'V') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  if (quality == "dim") return name + "o";
  if (quality == "aug") return name + "+";
  return quality == "7" ? name + "7" : name;
}

SongChords measure_chords(const gen::Score& score) {
  SongChords song;
  std::string before;
  for (const gen::Chord& chord : score.chords) {
    const std::string name = numeral(chord.root_pc - score.tonic_pc, chord.quality);
    for (int bar = 0; bar < score.num_bars(); ++bar) {
      const double from = static_cast<double>(bar) * score.beats_per_bar;
      const double to = from + score.beats_per_bar;
      if (chord.start_beat < to - 1e-6 && chord.end_beat > from + 1e-6) song.unigram[name] += 1;
    }
    if (!before.empty() && before != name) song.bigram[before + " " + name] += 1;
    before = name;
  }
  for (const gen::Section& section : score.sections) {
    song.section_bars[section.label][std::to_string(section.bars)] += 1;
  }
  return song;
}

}  // namespace brandiron::experiments
