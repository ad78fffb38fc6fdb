#include <fmt/format.h>

#include <cmath>

#include "label_check/compare.h"

namespace brandiron::experiments::labels {
namespace {

/// A song ends on a whole sample, its last bar between two.
constexpr double kOneSample_s = 1.0 / 44100;

constexpr double kTouches = 1e-6;  // seconds: what rounding to nine decimals leaves

/// Whether the spans follow one another from 0 to the end without a gap.
template <class Span>
bool tile(const std::vector<Span>& spans, double duration_s) {
  double at = 0;
  for (const Span& span : spans) {
    if (std::fabs(span.start_s - at) > kTouches || span.end_s <= span.start_s) return false;
    at = span.end_s;
  }
  // The sound ends on a whole sample.
  return std::fabs(at - duration_s) < 1e-4;
}

bool rise(const std::vector<StatedSpan>& spans, double duration_s) {
  double last = 0;
  for (const StatedSpan& span : spans) {
    if (span.start_s < last - kTouches || span.end_s <= span.start_s ||
        span.end_s > duration_s + 0.5) {
      return false;
    }
    last = span.start_s;
  }
  return true;
}

std::string said(std::size_t n, const char* what) { return fmt::format("{} {}", n, what); }

void count_beats(const StatedLabels& stated, Tally& tally) {
  int bars = 0;
  for (const StatedSection& section : stated.sections) bars += section.bars;
  const auto expected = static_cast<std::size_t>(bars * beats_per_bar(stated.meter));
  tally.add(stated.beats.size() == expected, said(expected, "beats in its bars"),
            said(stated.beats.size(), "beats"));
  std::size_t even = 0;
  for (std::size_t i = 0; i < stated.beats.size(); ++i) {
    const double at = static_cast<double>(i) * 60 / stated.tempo_bpm;
    even += std::fabs(stated.beats[i].time_s - at) < kTouches ? 1 : 0;
  }
  tally.add(even == stated.beats.size(), said(stated.beats.size(), "beats at the tempo"),
            said(even, "of them"));
}

}  // namespace

void compare_counts(const StatedLabels& stated, Findings& out) {
  if (stated.sections.empty()) return;
  Tally tally("counts");
  count_beats(stated, tally);
  tally.add(tile(stated.sections, stated.duration_s), "sections that fill the song", "a gap");
  tally.add(tile(stated.chords, stated.duration_s), "chords that fill the song", "a gap");
  tally.add(rise(stated.words, stated.duration_s), "words in order", "disorder");
  tally.add(rise(stated.lines, stated.duration_s), "lines in order", "disorder");
  for (const StatedPart& part : stated.parts) {
    std::size_t inside = 0;
    for (const StatedNote& note : part.notes) {
      inside += note.start_s >= 0 && note.end_s > note.start_s &&
                        note.end_s <= stated.duration_s + kOneSample_s
                    ? 1
                    : 0;
    }
    tally.add(inside == part.notes.size(), said(part.notes.size(), "notes within the song"),
              said(inside, "of them"));
  }
  if (stated.f0_hop_s > 0) {
    const auto frames = static_cast<std::size_t>(std::ceil(stated.duration_s / stated.f0_hop_s));
    const std::size_t off =
        frames > stated.f0_hz.size() ? frames - stated.f0_hz.size() : stated.f0_hz.size() - frames;
    tally.add(off <= 1, said(frames, "pitch frames"), said(stated.f0_hz.size(), "pitch frames"));
  }
  tally.finish(out);
}

}  // namespace brandiron::experiments::labels
