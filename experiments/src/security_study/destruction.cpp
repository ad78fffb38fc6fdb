// What ends the mark: strong damage, and changes that are not searched for.
#include <array>
#include <cmath>
#include <vector>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/rng.h"
#include "security_study/bench.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kTried = 4;
constexpr std::array kChains{
    "tempo(1.2)",
    "tempo(0.8)",
    "speed(1.2)",
    "pitch(4)",
    "pitch(-4)",
    "tempo(1.08) | pitch(1.5)",
    "noise(snr_db=0)",
    "noise(snr_db=-10)",
    "mel(bands=16)",
    "mel(bands=8)",
    "reverse",
    "lowpass(300)",
    "requantise(bits=2)",
    "drop(fraction=0.02)",
    "cut(ms=300)",
    "wow(percent=3)",
    "reverb(rt60_s=4, mix=1)",
};
constexpr std::array kScrambleMs{1000, 300, 100};

// Cuts the audio into pieces and puts them together in another order.
AudioBuffer scrambled(const AudioBuffer& audio, int piece_ms, Rng rng) {
  const auto length = static_cast<std::size_t>(audio.rate_hz() * piece_ms / 1000);
  std::vector<std::uint32_t> order(audio.num_frames() / length);
  rng.shuffle(order);
  AudioBuffer out(1, order.size() * length, audio.rate_hz());
  for (std::size_t k = 0; k < order.size(); ++k) {
    out.add(audio.slice(order[k] * length, length), k * length);
  }
  return out;
}

}  // namespace

void attack_by_destruction(SecurityBench& bench) {
  for (std::size_t file = 0; file < bench.num_targets(kTried); ++file) {
    const AudioBuffer marked = bench.marked(bench.piece(file), 0, 0);
    const Rng rng = Rng(bench.options().seed).child("destruction", file);
    bench.add("destruction", "none", file, bench.read(marked, 0, {0}));
    for (const char* chain : kChains) {
      const AudioBuffer worse = EffectChain::parse(chain).apply(marked, rng.child(chain));
      bench.add("destruction", chain, file, bench.read(worse, 0, {0}));
    }
    for (const int ms : kScrambleMs) {
      const AudioBuffer worse = scrambled(marked, ms, rng.child("scramble"));
      bench.add("destruction", "pieces of " + std::to_string(ms) + " ms in another order", file,
                bench.read(worse, 0, {0}));
    }
  }
}

}  // namespace brandiron::experiments
