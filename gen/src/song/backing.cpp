// Harmony lines and doubles: the lead's words again, from the same engine with another throat.

#include "brandiron/gen/backing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/gen/harmony_line.h"
#include "brandiron/gen/singer.h"

namespace brandiron::gen {
namespace {

constexpr int kReach = 5;  // semitones that a second voice goes over or under the persona's range
constexpr int kLowestNote = 36, kHighestNote = 79;

struct Seat {
  double place;  // -1 left .. 1 right
  double gain;
};

Seat seat_of(const std::string& kind) {
  if (kind == "double") return {-0.25, 0.8};
  return kind == "high" ? Seat{0.55, 0.75} : Seat{-0.6, 0.8};
}

// Another speaker's bank, so that a harmony is company and not an echo.
std::string partner(const std::string& bank) {
  if (bank == "kal16") return "rms";
  return bank == "slt" ? "awb" : "kal16";
}

Persona behind(const Persona& lead, const std::string& kind) {
  Persona p = lead;
  VoiceParameters& v = p.voice;
  v.layback_s = std::min(0.1, v.layback_s + 0.012);
  v.rasp = std::max(0.0, v.rasp - 0.3);
  v.fry = 0;
  v.drift_cents += 3;
  v.breath_db = std::min(-10.0, v.breath_db + 3);
  if (kind == "double") return p;
  v.bank = partner(v.bank);
  v.formant_scale = std::clamp(v.formant_scale + (kind == "high" ? 0.05 : -0.03), 0.75, 1.25);
  v.vibrato_cents *= 0.6;
  v.scoop_cents *= 0.5;
  return p;
}

// Which lines of the score have company: of choruses, and for harmonies only the hook of the first.
std::vector<bool> lines_sung(const Score& score, const std::string& kind) {
  std::vector<bool> sung(score.lines.size(), false);
  int first = -1;
  for (std::size_t i = 0; i < score.lines.size(); ++i) {
    const int section = score.lines[i].section;
    if (score.sections[static_cast<std::size_t>(section)].label != "chorus") continue;
    if (first < 0) first = section;
    const bool last = i + 1 == score.lines.size() || score.lines[i + 1].section != section;
    sung[i] = kind == "double" || section != first || last;
  }
  return sung;
}

std::vector<VocalNote> notes_of(const Score& score, const std::vector<bool>& lines) {
  std::vector<VocalNote> notes;
  int line_before = -1;
  for (const VocalNote& n : score.vocal) {
    const auto word =
        static_cast<std::size_t>(score.syllables[static_cast<std::size_t>(n.syllable)].word);
    const int line = score.words[word].line;
    if (!lines[static_cast<std::size_t>(line)]) continue;
    notes.push_back(n);
    notes.back().phrase_start |= line != line_before;
    line_before = line;
  }
  return notes;
}

// Range of the second voice: the persona's and a reach, wherever the lead lies.
std::vector<VocalNote> part_of(const Score& score, const Persona& persona,
                               const std::string& kind) {
  std::vector<VocalNote> lead = notes_of(score, lines_sung(score, kind));
  if (kind == "double" || lead.empty()) return lead;
  const int lowest = std::max(kLowestNote, persona.style.range_low - kReach);
  const int highest = std::min(kHighestNote, persona.style.range_high + kReach);
  return harmony_line(score, lead, kind == "high" ? HarmonySide::kAbove : HarmonySide::kBelow,
                      lowest, highest);
}

void add_panned(const AudioBuffer& mono, const Seat& seat, AudioBuffer& out) {
  constexpr double kQuarterPi = 0.7853981633974483;
  const auto left = static_cast<float>(seat.gain * det::cos((seat.place + 1) * kQuarterPi));
  const auto right = static_cast<float>(seat.gain * det::sin((seat.place + 1) * kQuarterPi));
  const auto from = mono.channel(0);
  const std::size_t n = std::min(from.size(), out.num_frames());
  for (std::size_t i = 0; i < n; ++i) {
    out.channel(0)[i] += left * from[i];
    out.channel(1)[i] += right * from[i];
  }
}

void label_lines(const Score& score, const std::vector<SungPhone>& phones, const std::string& kind,
                 std::vector<Technique>& techniques) {
  int line = -1;
  for (const SungPhone& p : phones) {
    const int of = score.words[static_cast<std::size_t>(p.word)].line;
    if (of != line) techniques.push_back({kind, p.start_s, p.end_s});
    techniques.back().end_s = p.end_s;
    line = of;
  }
}

}  // namespace

BackingVocals sing_backing(const Score& score, const Persona& persona, int rate_hz,
                           const Rng& rng) {
  BackingVocals out;
  for (const std::string& kind : persona.style.backing) {
    Score part = score;
    part.vocal = part_of(score, persona, kind);
    if (part.vocal.empty()) continue;
    const Persona voice = behind(persona, kind);
    const SungPart sung = sing(part, voice, rate_hz, rng.child(kind));
    if (out.audio.empty()) out.audio = AudioBuffer(2, sung.audio.num_frames(), rate_hz);
    add_panned(sung.audio, seat_of(kind), out.audio);
    label_lines(score, sung.phones, kind == "double" ? "double" : "harmony", out.techniques);
    out.voices.push_back({kind, voice.voice.bank, std::move(part.vocal)});
  }
  std::stable_sort(out.techniques.begin(), out.techniques.end(),
                   [](const Technique& a, const Technique& b) { return a.start_s < b.start_s; });
  return out;
}

}  // namespace brandiron::gen
