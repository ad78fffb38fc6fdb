#include "brandiron/gen/band.h"

#include <fmt/format.h>

#include "brandiron/core/error.h"
#include "playing.h"

namespace brandiron::gen {
namespace {

using namespace band;

std::vector<PlayedPart> play_parts(const Chart& chart, const Rng& rng) {
  std::vector<PlayedPart> parts;
  parts.push_back(play_guitar(chart, rng, "guitar", &SectionGroove::guitar));
  parts.push_back(play_guitar(chart, rng, "guitar_double", &SectionGroove::guitar_double));
  parts.push_back(play_bass(chart, rng));
  parts.push_back(play_drum(chart, rng, "stomp", Drum::kStomp, &SectionGroove::stomp));
  parts.push_back(play_drum(chart, rng, "kick", Drum::kKick, &SectionGroove::kick));
  parts.push_back(play_drum(chart, rng, "clap", Drum::kClap, &SectionGroove::clap));
  parts.push_back(
      play_drum(chart, rng, "tambourine", Drum::kTambourine, &SectionGroove::tambourine));
  parts.push_back(play_drum(chart, rng, "brush", Drum::kBrush, &SectionGroove::brush));
  parts.push_back(play_colour(chart, rng));
  return parts;
}

void check(const Score& score, int rate_hz) {
  if (rate_hz < 8000 || rate_hz > 192000) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("band: sample rate {} Hz; expected 8000-192000, such as 44100", rate_hz));
  }
  if (!(score.tempo_bpm >= 20.0 && score.tempo_bpm <= 400.0)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("band: tempo {} bpm; expected 20-400", score.tempo_bpm));
  }
}

}  // namespace

BandPerformance play_band(const Score& score, const Persona& persona, int rate_hz, const Rng& rng) {
  check(score, rate_hz);
  BandPerformance performance;
  const std::size_t frames = song_frames(score, rate_hz);
  const Chart chart(score, persona, rng.child("band"));
  for (PlayedPart& part : play_parts(chart, rng.child("band"))) {
    if (part.notes.notes.empty()) continue;  // who does not play is not there
    performance.stems.push_back({part.notes.name, render_part(part, frames, rate_hz)});
    performance.parts.push_back(std::move(part.notes));
  }
  return performance;
}

std::vector<double> gang_times(const Score& score, const Persona& persona, const Rng& rng) {
  check(score, 44100);
  if (!persona.style.gang) return {};
  return play_gang(Chart(score, persona, rng.child("band")), rng.child("band"));
}

}  // namespace brandiron::gen
