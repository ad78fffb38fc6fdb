// Attacks with marks: marks over marks, averages of marked copies, and the difference of a marked
// recording from its original.
#include <algorithm>
#include <array>

#include "brandiron/watermark/lattice.h"
#include "security_study/bench.h"
#include "security_study/columns.h"
#include "watermark_study/fidelity.h"

namespace brandiron::experiments {
namespace {

constexpr std::array kCopies{2, 5, 10, 20};
constexpr std::size_t kAveraged = 4;

double agreement(const SecurityBench& bench, int payload, const std::vector<float>& seen) {
  const std::size_t bands = watermark::lattice_bands();
  const auto truth =
      watermark::lattice_signs(bench.key(0), bench.payload(payload), seen.size() / bands);
  std::size_t right = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) right += (seen[i] > 0) == (truth[i] > 0);
  return static_cast<double>(right) / static_cast<double>(seen.size());
}

void average(SecurityBench& bench, std::size_t file, bool own_keys) {
  const AudioBuffer original = bench.piece(file);
  AudioBuffer total(1, original.num_frames(), original.rate_hz());
  std::vector<int> payloads;
  for (int k = 0; k < kCopies.back(); ++k) {
    total = sum(std::move(total), bench.marked(original, own_keys ? k : 0, k), 1.0F);
    payloads.push_back(k);
    const int copies = k + 1;
    if (std::find(kCopies.begin(), kCopies.end(), copies) == kCopies.end()) continue;
    AudioBuffer mean = total;
    mean.apply_gain(1.0F / static_cast<float>(copies));
    const double sdr = signal_to_distortion_db(original, mean);
    const std::string setting = std::to_string(copies) + " copies, " +
                                (own_keys ? "a key each" : "one key, a payload each");
    // With a key each, the last key stands for all: each is as likely as the others to be found.
    SecurityTrial trial = own_keys ? bench.read(mean, k, {k}) : bench.read(mean, 0, payloads);
    trial.sdr_db = sdr;
    bench.add("averaging", setting, file, trial);
  }
}

}  // namespace

void attack_by_overwriting(SecurityBench& bench) {
  const auto put = [&](const std::string& setting, std::size_t file, SecurityTrial trial,
                       double sdr) {
    trial.sdr_db = sdr;
    bench.add("overwrite", setting, file, trial);
  };
  for (std::size_t file = 0; file < bench.num_targets(bench.num_files()); ++file) {
    const AudioBuffer original = bench.piece(file);
    const AudioBuffer once = bench.marked(original, 0, 0);
    put("one mark", file, bench.read(once, 0, {0}), signal_to_distortion_db(original, once));
    const AudioBuffer twice = bench.marked(once, 1, 1);
    put("another key over it: the first mark", file, bench.read(twice, 0, {0}),
        signal_to_distortion_db(original, twice));
    put("another key over it: the second mark", file, bench.read(twice, 1, {1}),
        signal_to_distortion_db(original, twice));
    const AudioBuffer again = bench.marked(once, 0, 1);
    put("same key, another payload over it", file, bench.read(again, 0, {0, 1}),
        signal_to_distortion_db(original, again));
  }
}

void attack_by_averaging(SecurityBench& bench) {
  for (std::size_t file = 0; file < bench.num_targets(kAveraged); ++file) {
    average(bench, file, false);
    average(bench, file, true);
  }
}

// File a is the one that the attacker has with and without its mark; b is the target.
void attack_by_difference(SecurityBench& bench) {
  const std::size_t count = bench.num_targets(bench.num_files());
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t a = (b + 1) % count;
    if (a == b) return;
    const AudioBuffer known = bench.piece(a), unmarked = bench.piece(b);
    const AudioBuffer known_marked = bench.marked(known, 0, 0);
    const AudioBuffer difference = sum(known_marked, known, -1.0F);
    const std::vector<float> cells = cell_difference_db(known, known_marked);
    const double signs = agreement(bench, 0, cells);
    const auto put = [&](const std::string& setting, const AudioBuffer& before,
                         const AudioBuffer& after, const std::vector<int>& payloads) {
      SecurityTrial trial = bench.read(after, 0, payloads);
      trial.sdr_db = signal_to_distortion_db(before, after);
      trial.agreement = signs;
      bench.add("difference", setting, b, trial);
    };
    put("samples added to an unmarked recording", unmarked, sum(unmarked, difference, 1.0F), {0});
    put("cells copied to an unmarked recording", unmarked,
        with_change(unmarked, with_signs(unmarked, cells, 1.0F)), {0});
    const AudioBuffer same = bench.marked(unmarked, 0, 0), other = bench.marked(unmarked, 0, 1);
    put("samples taken from one of the same payload", same, sum(same, difference, -1.0F), {0});
    put("cells taken from one of the same payload", same,
        with_change(same, with_signs(same, cells, -1.0F)), {0});
    put("samples taken from one of another payload", other, sum(other, difference, -1.0F), {1, 0});
    put("cells taken from one of another payload", other,
        with_change(other, with_signs(other, cells, -1.0F)), {1, 0});
    const std::vector<float> own = cell_difference_db(unmarked, same);
    put("cells of its own difference taken from it", same,
        with_change(same, with_signs(same, own, -1.0F)), {0});
  }
}

}  // namespace brandiron::experiments
