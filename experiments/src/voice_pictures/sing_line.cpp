#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/voice_pictures.h"
#include "brandiron/gen/singer.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::experiments {
namespace {

constexpr int kRateHz = 44100;
constexpr double kBefore = 0.15, kAfter = 0.35;  // seconds around what is sung

void shift(gen::SungPart& part, double by_s) {
  for (gen::SungPhone& p : part.phones) {
    p.start_s -= by_s;
    p.end_s -= by_s;
  }
  for (gen::Technique& t : part.techniques) {
    t.start_s -= by_s;
    t.end_s -= by_s;
  }
}

}  // namespace

gen::SungPart sing_line(const gen::Persona& persona, const std::string& words, std::uint64_t seed) {
  gen::SongSpec spec;
  spec.lyrics = "[Verse]\n" + words + "\n";
  spec.seed = seed;
  const Rng root(seed, "song");
  const gen::Score score = gen::write_song(spec, persona, root.child("score"));
  gen::SungPart part = gen::sing(score, persona, kRateHz, root.child("voice"));
  if (part.phones.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "voice picture: nothing of \"" + words + "\" can be sung; expected words");
  }
  const double hop = part.f0_hop_s;
  const double from =
      std::max(0.0, std::floor((part.phones.front().start_s - kBefore) / hop) * hop);
  const double to = std::min(part.audio.duration_s(), part.phones.back().end_s + kAfter);
  part.audio = part.audio.slice(static_cast<std::size_t>(std::llround(from * kRateHz)),
                                static_cast<std::size_t>((to - from) * kRateHz));
  const auto first = static_cast<std::ptrdiff_t>(std::llround(from / hop));
  const auto last = static_cast<std::ptrdiff_t>(to / hop);
  part.f0_hz = {part.f0_hz.begin() + first, part.f0_hz.begin() + last};
  shift(part, from);
  return part;
}

}  // namespace brandiron::experiments
