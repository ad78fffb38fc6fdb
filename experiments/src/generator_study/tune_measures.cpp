#include "generator_study/tune_measures.h"

#include <algorithm>
#include <cstdlib>

namespace brandiron::experiments {
namespace {

void count(Part& part, bool good) {
  part.k += good ? 1 : 0;
  part.n += 1;
}

// Neighbours are syllables of the same line. A melisma's notes belong to the syllable before.
void measure_stress(const Tune& tune, TuneParts& parts) {
  std::vector<std::vector<TuneNote>> lines(1);
  for (const TuneNote& note : tune.notes) {
    if (note.line_start && !lines.back().empty()) lines.emplace_back();
    if (note.stress >= 0) lines.back().push_back(note);
  }
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i].stress != 1) continue;
      bool unstressed_agree = true, all_agree = true, has_unstressed = false;
      for (const int step : {-1, 1}) {
        if ((step < 0 && i == 0) || (step > 0 && i + 1 == line.size())) continue;
        const TuneNote& other = line[step < 0 ? i - 1 : i + 1];
        const bool agrees = line[i].weight >= other.weight;
        all_agree &= agrees;
        if (other.stress == 0) has_unstressed = true, unstressed_agree &= agrees;
      }
      count(parts.stress_all, all_agree);
      if (has_unstressed) count(parts.stress, unstressed_agree);
    }
  }
}

void measure_line_ends(const Tune& tune, TuneParts& parts) {
  double sum = 0, n = 0;
  for (const TuneNote& note : tune.notes) {
    if (note.line_start) sum = n = 0;
    sum += note.duration;
    n += 1;
    if (note.line_end) count(parts.long_line_ends, note.duration >= 1.4 * sum / n);
  }
}

}  // namespace

TuneParts measure_tune(const Tune& tune) {
  TuneParts parts;
  parts.intervals.resize(13);
  parts.degrees.resize(12);
  int low = 200, high = 0;
  for (std::size_t n = 0; n < tune.notes.size(); ++n) {
    const TuneNote& note = tune.notes[n];
    const auto degree = static_cast<std::size_t>((note.pitch - tune.tonic_pc + 120) % 12);
    parts.degrees[degree] += 1;
    count(parts.diatonic, tune.scale[degree]);
    if (note.weight >= 3 && note.chord != 0) {
      count(parts.strong_chord, (note.chord >> (note.pitch % 12) & 1) != 0);
    }
    low = std::min(low, note.pitch);
    high = std::max(high, note.pitch);
    if (n == 0) continue;
    const TuneNote& before = tune.notes[n - 1];
    // Across a solo there is no interval to hear.
    if (note.start - (before.start + before.duration) > tune.bar_ticks) continue;
    const int jump = std::abs(note.pitch - before.pitch);
    count(parts.steps, jump <= 2);
    parts.intervals[static_cast<std::size_t>(std::min(jump, 12))] += 1;
  }
  if (!tune.notes.empty()) {
    parts.range = high - low;
    count(parts.final_tonic, (tune.notes.back().pitch - tune.tonic_pc + 120) % 12 == 0);
  }
  measure_stress(tune, parts);
  measure_line_ends(tune, parts);
  return parts;
}

}  // namespace brandiron::experiments
