#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "singing/synthesis.h"

namespace brandiron::gen {
namespace {

void check_rate(int rate_hz) {
  if (rate_hz < 16000 || rate_hz > 192000) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("singer: rate {} Hz is outside 16000 .. 192000", rate_hz));
  }
}

}  // namespace

SungPart sing(const Score& score, const Persona& persona, int rate_hz, const Rng& rng,
              const SingerModel* model) {
  check_rate(rate_hz);
  const auto bank = singing::load_voice_bank(persona.voice.bank);
  const double duration_s = singing::score_duration_s(score);
  const std::vector<singing::Chunk> chunks = singing::plan_score(score, persona.voice, *bank);

  SungPart part;
  part.audio =
      AudioBuffer(1, static_cast<std::size_t>(std::llround(duration_s * rate_hz)), rate_hz);
  part.f0_hop_s = singing::kFrameHop;
  part.f0_hz.assign(static_cast<std::size_t>(std::ceil(duration_s / part.f0_hop_s)), 0.0F);
  if (chunks.empty()) return part;

  singing::Synthesiser synthesiser(persona.voice, *bank, rate_hz, model);
  for (const singing::Chunk& chunk : chunks) {
    // Named by its place in time: a change elsewhere in the song leaves this phrase's draws alone.
    const auto key =
        static_cast<std::uint64_t>(std::llround(1000.0 * chunk.syllables.front().note_start_s));
    const auto result =
        synthesiser.sing_chunk(chunk, rng.child("phrase", key), part.audio.channel(0));
    const auto first = static_cast<std::size_t>(std::llround(result.start_s / part.f0_hop_s));
    for (std::size_t i = 0; i < result.f0_hz.size() && first + i < part.f0_hz.size(); ++i) {
      if (result.f0_hz[i] > 0) part.f0_hz[first + i] = result.f0_hz[i];
    }
    for (const singing::PlannedPhone& p : chunk.phones) {
      part.phones.push_back({p.label, p.word, p.start_s, p.end_s});
    }
    part.techniques.insert(part.techniques.end(), result.techniques.begin(),
                           result.techniques.end());
  }
  std::stable_sort(part.techniques.begin(), part.techniques.end(),
                   [](const Technique& a, const Technique& b) { return a.start_s < b.start_s; });
  return part;
}

}  // namespace brandiron::gen
