#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "label_check/activity.h"
#include "label_check/compare.h"
#include "label_check/pitch.h"

namespace brandiron::experiments::labels {
namespace {

constexpr double kCents = 50, kHeldFrom = 0.4, kHeldTo = 0.8, kShortestNote = 0.25;
constexpr float kPeriodic = 0.55F;
constexpr int kChangeFrames = 3;  // of 5 ms
constexpr double kWordShare = 0.5, kGapShare = 0.2;
constexpr double kShortestGap = 0.4, kGapAfter = 0.18, kGapBefore = 0.10;
constexpr double kLineSeconds = 0.060, kSilenceBefore = 0.30;

constexpr double kTechniqueReach = 0.030;  // half of what a frame's pitch is measured over

bool in_technique(const StatedLabels& stated, double t, std::initializer_list<const char*> kinds) {
  return std::any_of(stated.techniques.begin(), stated.techniques.end(), [&](const StatedSpan& s) {
    return t >= s.start_s - kTechniqueReach && t <= s.end_s + kTechniqueReach &&
           std::find(kinds.begin(), kinds.end(), s.label) != kinds.end();
  });
}

/// A rough throat closes fully every second time: what repeats is two cycles of the stated pitch.
bool doubles_its_period(const StatedLabels& stated, double t) {
  return in_technique(stated, t, {"rasp", "growl"});
}

bool near_pitch(double found_hz, double expected_hz, bool octave_under_too) {
  if (found_hz <= 0) return false;
  const double off = cents(found_hz, expected_hz);
  return std::fabs(off) <= kCents || (octave_under_too && std::fabs(off + 1200) <= kCents);
}

/// Whether voiced and unvoiced meet near frame `i`.
bool near_change(const std::vector<float>& hz, std::size_t i) {
  const auto reach = static_cast<std::size_t>(kChangeFrames);
  const std::size_t from = i > reach ? i - reach : 0, to = std::min(hz.size(), i + reach + 1);
  for (std::size_t k = from; k < to; ++k) {
    if ((hz[k] > 0) != (hz[i] > 0)) return true;
  }
  return false;
}

void compare_pitch(const StatedLabels& stated, const PitchTrack& track, Findings& out) {
  Tally f0("f0"), strict("f0-octave"), voicing("voicing");
  // The track has a value every 10 ms, the label every 5.
  const auto step = static_cast<std::size_t>(std::lround(track.hop_s / stated.f0_hop_s));
  for (std::size_t i = 0; i < stated.f0_hz.size(); i += std::max<std::size_t>(step, 1)) {
    const double t = static_cast<double>(i) * stated.f0_hop_s;
    const float hz = track.hz_at(t);
    const double expected = static_cast<double>(stated.f0_hz[i]);
    if (!near_change(stated.f0_hz, i)) {
      const bool voiced = hz > 0 && track.aperiodicity_at(t) < kPeriodic;
      voicing.add(voiced == (expected > 0),
                  fmt::format("{} at {:.2f} s", expected > 0 ? "voiced" : "unvoiced", t),
                  voiced ? "periodic" : "not periodic");
    }
    // In fry the stated pitch is the one he is on his way to.
    if (expected <= 0 || in_technique(stated, t, {"fry"})) continue;
    const std::string wanted = fmt::format("{:.1f} Hz at {:.2f} s", expected, t);
    const std::string found = fmt::format("{:.1f} Hz", hz);
    f0.add(near_pitch(static_cast<double>(hz), expected, doubles_its_period(stated, t)), wanted,
           found);
    strict.add(near_pitch(static_cast<double>(hz), expected, false), wanted, found);
  }
  f0.finish(out);
  strict.finish(out);
  voicing.finish(out);
}

void compare_words(const StatedLabels& stated, const std::vector<Stretch>& sounding,
                   Findings& out) {
  Tally tally("words");
  double last_end = 0;
  for (const StatedSpan& word : stated.words) {
    const double share = covered(sounding, word.start_s, word.end_s);
    tally.add(share >= kWordShare, fmt::format("\"{}\" at {:.2f} s", word.label, word.start_s),
              fmt::format("{:.0f} % of it sounds", 100 * share));
    if (word.start_s - last_end >= kShortestGap) {
      const double rest =
          covered(sounding, last_end + (last_end > 0 ? kGapAfter : 0), word.start_s - kGapBefore);
      tally.add(rest <= kGapShare, fmt::format("silence from {:.2f} s", last_end),
                fmt::format("{:.0f} % of it sounds", 100 * rest));
    }
    last_end = std::max(last_end, word.end_s);
  }
  tally.finish(out);
}

/// A stop is silent until it opens: a line that begins with one may be heard at any moment of it.
double end_of_first_stop(const StatedLabels& stated, const StatedSpan& line) {
  constexpr std::array kStops = {"P", "T", "K", "CH"};
  for (const StatedSpan& phone : stated.phones) {
    if (std::fabs(phone.start_s - line.start_s) > 0.001) continue;
    if (std::find(kStops.begin(), kStops.end(), phone.label) != kStops.end()) return phone.end_s;
  }
  return line.start_s;
}

void compare_lines(const StatedLabels& stated, const std::vector<Stretch>& sounding,
                   Findings& out) {
  Tally tally("lines");
  double last_end = -1;
  for (const StatedSpan& line : stated.lines) {
    const bool after_silence = line.start_s - last_end >= kSilenceBefore;
    last_end = line.end_s;
    if (!after_silence) continue;
    const double opens_s = end_of_first_stop(stated, line);
    double nearest = 1e9;
    for (const Stretch& s : sounding) {
      const double off = s.start_s - std::clamp(s.start_s, line.start_s, opens_s);
      if (std::fabs(off) < std::fabs(nearest)) nearest = off;
    }
    tally.add(std::fabs(nearest) <= kLineSeconds,
              fmt::format("\"{}\" at {:.3f} s", line.label, line.start_s),
              fmt::format("voice begins {:+.0f} ms away", 1000 * nearest));
  }
  tally.finish(out);
}

double held_pitch_hz(const PitchTrack& track, const StatedNote& note) {
  std::vector<float> hz;
  const double length = note.end_s - note.start_s;
  for (double t = note.start_s + kHeldFrom * length; t < note.start_s + kHeldTo * length;
       t += track.hop_s) {
    if (track.hz_at(t) > 0 && track.aperiodicity_at(t) < kPeriodic) hz.push_back(track.hz_at(t));
  }
  if (hz.size() < 3) return 0;
  std::nth_element(hz.begin(), hz.begin() + static_cast<std::ptrdiff_t>(hz.size() / 2), hz.end());
  return static_cast<double>(hz[hz.size() / 2]);
}

void compare_held(const char* label, const StatedLabels& stated, const StatedPart& part,
                  const PitchTrack& track, double shortest_s, Findings& out) {
  const bool sung = part.name == "lead_vocal";
  Tally tally(label);
  for (const StatedNote& note : part.notes) {
    if (note.end_s - note.start_s < shortest_s) continue;
    const double found = held_pitch_hz(track, note);
    if (found <= 0) continue;  // a syllable without voice, a string that is stopped
    const double expected = 440 * std::exp2((note.pitch - 69) / 12.0);
    const bool rough =
        sung && doubles_its_period(stated, note.start_s + 0.6 * (note.end_s - note.start_s));
    tally.add(near_pitch(found, expected, rough),
              fmt::format("MIDI {} at {:.2f} s", note.pitch, note.start_s),
              fmt::format("MIDI {:.2f}", 69 + 12 * std::log2(found / 440)));
  }
  tally.finish(out);
}

const StatedPart* find_part(const StatedLabels& stated, const std::string& name) {
  for (const StatedPart& part : stated.parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

}  // namespace

void compare_voice(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  const AudioBuffer* lead = find_stem(sound, "lead_vocal_dry");
  if (lead == nullptr) return;
  const PitchTrack track = track_pitch(*lead);
  if (stated.f0_hop_s > 0) compare_pitch(stated, track, out);
  const std::vector<Stretch> sounding = find_activity(*lead);
  compare_words(stated, sounding, out);
  compare_lines(stated, sounding, out);
  if (const StatedPart* part = find_part(stated, "lead_vocal")) {
    compare_held("lead-notes", stated, *part, track, kShortestNote, out);
  }
}

void compare_bass(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  const AudioBuffer* bass = find_stem(sound, "bass");
  const StatedPart* part = find_part(stated, "bass");
  if (bass == nullptr || part == nullptr) return;
  compare_held("bass-notes", stated, *part, track_pitch(*bass, {28, 300}), 0.2, out);
}

}  // namespace brandiron::experiments::labels
