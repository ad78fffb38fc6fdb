#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "label_check/compare.h"
#include "label_check/tempo.h"

namespace brandiron::experiments::labels {
namespace {

constexpr double kTempoShare = 0.04, kBeatSeconds = 0.070, kBarShare = 0.1;

void compare_beats(const StatedLabels& stated, const Pulse& pulse, Findings& out) {
  Tally tally("beats");
  for (const StatedBeat& beat : stated.beats) {
    const double beats = (beat.time_s - pulse.phase_s) / pulse.period_s;
    const double off = (beats - std::round(beats)) * pulse.period_s;
    tally.add(std::fabs(off) <= kBeatSeconds, fmt::format("beat at {:.3f} s", beat.time_s),
              fmt::format("pulse {:+.0f} ms away", -1000 * off));
  }
  tally.finish(out);
}

void compare_sections(const StatedLabels& stated, const Pulse& pulse, double duration_s,
                      Findings& out) {
  const int beats = beats_per_bar(stated.meter);
  if (beats == 0) return;
  const double bar_s = beats * pulse.period_s;
  Tally tally("sections");
  int bars = 0;
  for (const StatedSection& section : stated.sections) {
    const double heard = (section.end_s - section.start_s) / bar_s;
    tally.add(std::fabs(heard - section.bars) <= kBarShare,
              fmt::format("{} of {} bars", section.label, section.bars),
              fmt::format("{:.2f} bars of the pulse heard", heard));
    bars += section.bars;
  }
  const double heard = duration_s / bar_s;
  tally.add(std::fabs(heard - bars) <= kBarShare, fmt::format("{} bars in all", bars),
            fmt::format("{:.2f}", heard));
  tally.finish(out);
}

}  // namespace

void compare_rhythm(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  if (stated.tempo_bpm <= 0) return;
  const OnsetStrength strength = onset_strength(sound.mix);
  const double heard = estimate_tempo_bpm(strength);
  if (heard <= 0) return;
  const double octave = nearest_octave_bpm(heard, stated.tempo_bpm);
  LabelFinding tempo;
  tempo.label = "tempo";
  tempo.events = 1;
  tempo.distance = std::fabs(octave / stated.tempo_bpm - 1);
  tempo.agrees = tempo.distance <= kTempoShare;
  tempo.agreed = tempo.agrees ? 1 : 0;
  tempo.expected = fmt::format("{:.1f} bpm, {}", stated.tempo_bpm, stated.meter);
  tempo.found = fmt::format("{:.1f} bpm", heard);
  out.push_back(tempo);
  const Pulse pulse = find_pulse(strength, octave);
  compare_beats(stated, pulse, out);
  compare_sections(stated, pulse, sound.mix.duration_s(), out);
}

}  // namespace brandiron::experiments::labels
