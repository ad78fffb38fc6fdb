// Marks moved onto other recordings, by somebody who has no key: with the marked and the unmarked
// file of one recording, and with marked files only.
#include <algorithm>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/codec.h"
#include "brandiron/core/audio/resample.h"
#include "disclosure_study/bench.h"
#include "security_study/columns.h"

namespace brandiron::experiments {
namespace {

constexpr int kRateHz = 44100;
constexpr int kCodecKbps = 64;

// One channel at one rate, so that signals of different recordings can be added.
AudioBuffer plain(const AudioBuffer& audio) { return resample(audio.to_mono(), kRateHz); }

// Recordings that share one payload: the best case for whoever estimates the pattern.
struct Act {
  std::uint64_t payload = 0;
  watermark::RegistryEntry entry;  // of one of them
  Columns known;
};

Act observe(DisclosureBench& bench, std::size_t first) {
  Act act;
  act.payload = bench.payload(bench.num_files());
  act.known.resize(weights_of(plain(bench.original(first))).size());
  for (std::size_t file = first; file < bench.num_files(); ++file) {
    const Published one =
        bench.publish(bench.original(file), act.payload, "act-" + std::to_string(file));
    add_at(act.known, weights_of(plain(read_audio(one.file))), 0, 1.0F);
    act.entry = one.entry;
  }
  return act;
}

}  // namespace

void read_copied_marks(DisclosureBench& bench) {
  const std::size_t observed = std::min(bench.options().observed, bench.num_files() / 2);
  const std::size_t others = bench.num_files() - observed;
  const Act act = observe(bench, others);
  bench.for_each(std::min(bench.options().targets, others), [&](std::size_t target) {
    const std::size_t source = (target + 1) % bench.num_files();
    const Published& from = bench.published(source);
    const AudioBuffer unmarked = plain(bench.original(target));
    const AudioBuffer original = plain(bench.original(source));
    const AudioBuffer marked = plain(read_audio(from.file));
    const auto with_samples = [&](float gain) {
      AudioBuffer sum = unmarked;
      sum.add(marked, 0, gain);
      sum.add(original, 0, -gain);
      return sum;
    };
    const auto put = [&](const std::string& setting, const AudioBuffer& forged) {
      bench.add("copied", setting, target, bench.read(forged, from.payload, from.entry));
    };
    put("samples of the difference", with_samples(1));
    put("samples of the difference, three times as loud", with_samples(3));
    const AudioBuffer cells =
        with_change(unmarked, with_signs(unmarked, cell_difference_db(original, marked), 1.0F));
    put("cells of the difference", cells);
    put("cells of the difference, then MP3 64",
        codec_round_trip(cells, AudioFormat::kMp3, kCodecKbps));
    bench.add("copied", "signs estimated from recordings of one payload", target,
              bench.read(with_estimate(unmarked, act.known, 1.0F), act.payload, act.entry));
  });
}

}  // namespace brandiron::experiments
