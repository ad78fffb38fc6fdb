#pragma once

// Measures of written songs, as composing.md defines them: one struct, filled song by song.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::gen::test {

/// Metric weight of a beat, written anew here so that the composer does not mark its own work.
inline int metric_weight(const Score& score, double beat) {
  const double in_bar = std::fmod(beat + 1000.0 * score.beats_per_bar, score.beats_per_bar);
  const double off = std::abs(in_bar - std::round(in_bar));
  if (off > 0.01) return score.compound || std::abs(off - 0.5) < 0.01 ? 1 : 0;
  const int n = static_cast<int>(std::round(in_bar)) % score.beats_per_bar;
  if (n == 0) return 4;
  return score.beats_per_bar == 4 && n == 2 ? 3 : 2;
}

inline std::set<int> chord_pitch_classes(const Chord& chord) {
  std::set<int> pcs;
  const bool minor = chord.quality.starts_with("min");
  for (const int i : {0, minor ? 3 : 4, 7}) pcs.insert((chord.root_pc + i) % 12);
  if (chord.quality.ends_with("7")) pcs.insert((chord.root_pc + 10) % 12);
  return pcs;
}

struct Statistics {
  int songs = 0, notes = 0, diatonic = 0, chord_tones = 0, strong = 0, strong_chord_tones = 0;
  int intervals = 0, repeats = 0, steps = 0, thirds = 0, large = 0;
  int final_tonic = 0, long_line_ends = 0, lines = 0;
  int polysyllables = 0, stress_agrees = 0, neighbour_pairs = 0, neighbour_agrees = 0;
  std::vector<int> ranges;
  std::map<int, int> degrees, line_syllables;
  double sung_notes_s = 0, chorus_above_verse = 0;
  int chorus_songs = 0;
  double fastest_per_s = 0, shortest_note_s = 9;

  void add(const Score& score) {
    ++songs;
    static const std::set<int> kMajor = {0, 2, 4, 5, 7, 9, 11}, kMinor = {0, 2, 3, 5, 7, 8, 10};
    const std::set<int>& scale = score.minor ? kMinor : kMajor;
    int low = 200, high = 0;
    double verse = 0, chorus = 0;
    int verse_n = 0, chorus_n = 0;
    for (std::size_t n = 0; n < score.vocal.size(); ++n) {
      const VocalNote& note = score.vocal[n];
      ++notes;
      low = std::min(low, note.pitch), high = std::max(high, note.pitch);
      const int degree = (note.pitch - score.tonic_pc + 120) % 12;
      ++degrees[degree];
      diatonic += scale.contains(degree);
      const int c = score.chord_at(std::max(0.0, note.start_beat));
      const bool inside =
          c >= 0 &&
          chord_pitch_classes(score.chords[static_cast<std::size_t>(c)]).contains(note.pitch % 12);
      chord_tones += inside;
      if (metric_weight(score, note.start_beat) >= 3) ++strong, strong_chord_tones += inside;
      shortest_note_s = std::min(shortest_note_s, score.time_s(note.duration_beats));
      if (n > 0 && !note.phrase_start) {
        const int jump = std::abs(note.pitch - score.vocal[n - 1].pitch);
        ++intervals;
        repeats += jump == 0;
        steps += jump == 1 || jump == 2;
        thirds += jump >= 3 && jump <= 5;
        large += jump >= 7;
      }
      const auto& word = score.words[static_cast<std::size_t>(
          score.syllables[static_cast<std::size_t>(note.syllable)].word)];
      const std::string& label = score
                                     .sections[static_cast<std::size_t>(
                                         score.lines[static_cast<std::size_t>(word.line)].section)]
                                     .label;
      if (label == "verse") verse += note.pitch, ++verse_n;
      if (label == "chorus") chorus += note.pitch, ++chorus_n;
    }
    if (verse_n > 0 && chorus_n > 0) {
      ++chorus_songs;
      chorus_above_verse += chorus / chorus_n - verse / verse_n;
    }
    ranges.push_back(high - low);
    final_tonic += (score.vocal.back().pitch - score.tonic_pc + 120) % 12 == 0;
    add_lines(score);
    add_stress(score);
  }

  void add_lines(const Score& score) {
    for (const Line& line : score.lines) {
      const Word& first = score.words[static_cast<std::size_t>(line.first_word)];
      const Word& last =
          score.words[static_cast<std::size_t>(line.first_word + line.num_words - 1)];
      const int from = first.first_syllable, to = last.first_syllable + last.num_syllables;
      ++lines;
      ++line_syllables[to - from];
      double sum = 0;
      for (int n = from; n < to; ++n) {
        sum += score.vocal[static_cast<std::size_t>(n)].duration_beats;
      }
      long_line_ends +=
          score.vocal[static_cast<std::size_t>(to - 1)].duration_beats >= 1.4 * sum / (to - from);
      const VocalNote& a = score.vocal[static_cast<std::size_t>(from)];
      const VocalNote& b = score.vocal[static_cast<std::size_t>(to - 1)];
      const double seconds = score.time_s(b.start_beat + b.duration_beats - a.start_beat);
      fastest_per_s = std::max(fastest_per_s, (to - from) / seconds);
      sung_notes_s += seconds;
    }
  }

  void add_stress(const Score& score) {
    for (const Word& word : score.words) {
      if (word.num_syllables > 1) {
        int best = -1, primary = -1;
        for (int s = word.first_syllable; s < word.first_syllable + word.num_syllables; ++s) {
          best = std::max(
              best, metric_weight(score, score.vocal[static_cast<std::size_t>(s)].start_beat));
          if (score.syllables[static_cast<std::size_t>(s)].stress == 1 && primary < 0) primary = s;
        }
        if (primary >= 0) {
          ++polysyllables;
          stress_agrees +=
              metric_weight(score, score.vocal[static_cast<std::size_t>(primary)].start_beat) ==
              best;
        }
      }
    }
    // A primary syllable on a weight at least its unstressed neighbours', within the line.
    for (std::size_t n = 0; n < score.vocal.size(); ++n) {
      if (score.syllables[n].stress != 1) continue;
      const int here = metric_weight(score, score.vocal[n].start_beat);
      for (const int d : {-1, 1}) {
        if (d < 0 ? score.vocal[n].phrase_start : score.vocal[n].phrase_end) continue;
        const std::size_t m = d < 0 ? n - 1 : n + 1;
        if (score.syllables[m].stress != 0) continue;
        ++neighbour_pairs;
        neighbour_agrees += here >= metric_weight(score, score.vocal[m].start_beat);
      }
    }
  }

  static double share(int part, int whole) {
    return whole > 0 ? static_cast<double>(part) / whole : 0;
  }
  int range_quantile(double q) const {
    std::vector<int> sorted = ranges;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  }
};

/// Jensen-Shannon divergence in bits of two count tables.
inline double divergence_bits(const std::map<std::string, double>& a,
                              const std::map<std::string, double>& b) {
  double sum_a = 0, sum_b = 0;
  std::set<std::string> keys;
  for (const auto& [key, n] : a) sum_a += n, keys.insert(key);
  for (const auto& [key, n] : b) sum_b += n, keys.insert(key);
  double bits = 0;
  for (const std::string& key : keys) {
    const double p = a.contains(key) ? a.at(key) / sum_a : 0;
    const double q = b.contains(key) ? b.at(key) / sum_b : 0;
    const double m = 0.5 * (p + q);
    if (p > 0) bits += 0.5 * p * std::log2(p / m);
    if (q > 0) bits += 0.5 * q * std::log2(q / m);
  }
  return bits;
}

}  // namespace brandiron::gen::test
