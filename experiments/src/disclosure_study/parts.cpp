// What happens to published files, and what does not: changes, and other recordings.
#include <algorithm>
#include <array>
#include <span>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/rng.h"
#include "disclosure_study/bench.h"

namespace brandiron::experiments {
namespace {

// The first is what platforms do to a file; 2 % of pitch are 0.343 semitones.
constexpr std::array kChains{"mp3(64)",
                             "mp3(128)",
                             "opus(32)",
                             "opus(64)",
                             "vorbis(64)",
                             "aac(96)",
                             "resample(22050)",
                             "gain(-9)",
                             "eq(3000, -6) | eq(150, 6)",
                             "compressor(-24, 4)",
                             "crop(duration_s=30)",
                             "crop(duration_s=15)",
                             "noise(20)"};
constexpr std::array kWarps{"speed(1.02)", "speed(0.98)",  "tempo(1.02)",
                            "tempo(0.98)", "pitch(0.343)", "pitch(-0.35)"};

bool available(const std::string& chain) {
  if (chain.rfind("aac", 0) != 0) return true;
  const std::vector<EffectInfo> effects = list_effects();
  return std::any_of(effects.begin(), effects.end(), [](const EffectInfo& effect) {
    return effect.name == "aac" && effect.available;
  });
}

void read_changes(DisclosureBench& bench, const std::string& part,
                  std::span<const char* const> all) {
  std::vector<std::string> chains;
  for (const char* chain : all) {
    if (available(chain)) chains.emplace_back(chain);
  }
  const Rng rng(bench.options().seed, "disclosure-changes");
  bench.for_each(bench.num_files(), [&](std::size_t file) {
    const Published& published = bench.published(file);
    const AudioBuffer audio = read_audio(published.file);
    for (const std::string& chain : chains) {
      const AudioBuffer changed = EffectChain::parse(chain).apply(audio, rng.child(chain, file));
      bench.add(part, chain, file, bench.read(changed, published.payload, published.entry));
    }
  });
}

}  // namespace

void read_genuine_changes(DisclosureBench& bench) { read_changes(bench, "genuine", kChains); }
void read_warped(DisclosureBench& bench) { read_changes(bench, "warped", kWarps); }

// Every other recording, re-encoded and cut as a query may be, against every registered one.
void compare_others(DisclosureBench& bench) {
  const Rng rng(bench.options().seed, "disclosure-others");
  bench.for_each(bench.num_files(), [&](std::size_t file) {
    const AudioBuffer audio = read_audio(bench.published(file).file);
    for (const char* chain :
         {"crop(duration_s=15) | mp3(64)", "crop(duration_s=30) | mp3(64)", "mp3(64)"}) {
      const watermark::Fingerprint query = watermark::Fingerprint::of(
          EffectChain::parse(chain).apply(audio, rng.child(chain, file)));
      for (std::size_t other = 0; other < bench.num_files(); ++other) {
        if (other == file) continue;
        const watermark::Match match = watermark::compare(
            watermark::Fingerprint::parse(bench.published(other).entry.record.fingerprint), query);
        DisclosureTrial trial;
        trial.binding = match.matched ? "confirmed" : "copied";
        trial.bit_error_rate = match.bit_error_rate;
        trial.false_match = match.false_match;
        // Counts as read, so that the rows show the errors of all pairs.
        trial.present = trial.payload = true;
        bench.add("others", chain, file, trial);
      }
    }
  });
}

}  // namespace brandiron::experiments
