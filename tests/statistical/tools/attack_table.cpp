// Marks recordings, attacks them, verifies, and prints a table: how docs/watermark.md was measured.
//   watermark_attack_table [--strength S] [--seconds N] FILES... -- CHAINS...
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/watermark.h"

namespace {

using namespace brandiron;
using namespace brandiron::watermark;

constexpr std::uint64_t kPayload = 0x0123456789abcdefULL;

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Row {
  int n = 0, exact = 0, present = 0, wrong = 0, failed = 0;
  double z = 0, min_z = 1e9, errors = 0, verify_s = 0, max_p = 0;
};

}  // namespace

int main(int argc, char** argv) {
  double strength = 1.0, seconds = 1e9;
  std::vector<std::string> files, chains;
  bool after_dash = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") {
      after_dash = true;
    } else if (word == "--strength") {
      strength = std::atof(argv[++i]);
    } else if (word == "--seconds") {
      seconds = std::atof(argv[++i]);
    } else {
      (after_dash ? chains : files).push_back(word);
    }
  }
  std::vector<Row> rows(chains.size());
  double snr = 0, min_snr = 1e9, lufs = 0, embed_s = 0, audio_s = 0;
  int n = 0;
  for (const std::string& file : files) {
    AudioBuffer audio;
    try {
      audio = read_audio(file);
    } catch (const Error& error) {
      std::printf("%s\n", error.what());
      continue;
    }
    audio = audio.slice(0, static_cast<std::size_t>(std::min(seconds * audio.rate_hz(), 4e9)));
    const double before = measure_loudness(audio).integrated_lufs;
    EmbedOptions options;
    options.strength = strength;
    options.read_back = false;
    const double start = cpu_s();
    const EmbedReport report = embed(audio, Key::demo(), kPayload, options);
    embed_s += cpu_s() - start;
    audio_s += audio.duration_s();
    snr += report.snr_db;
    min_snr = std::min(min_snr, report.snr_db);
    lufs = std::max(lufs, std::abs(measure_loudness(audio).integrated_lufs - before));
    ++n;
    for (std::size_t k = 0; k < chains.size(); ++k) {
      Row& row = rows[k];
      try {
        const AudioBuffer attacked = EffectChain::parse(chains[k]).apply(audio, Rng(1, "attack"));
        const double from = cpu_s();
        const Verdict verdict = verify(attacked, {Key::demo()});
        row.verify_s += cpu_s() - from;
        ++row.n;
        row.exact += verdict.payload_valid && verdict.payload == kPayload;
        row.wrong += verdict.payload_valid && verdict.payload != kPayload;
        row.present += verdict.present;
        row.z += verdict.full_z;
        row.min_z = std::min(row.min_z, verdict.full_z);
        row.errors += verdict.bit_error_rate;
        row.max_p = std::max(row.max_p, verdict.p_value);
        if (!verdict.payload_valid)
          std::printf("  lost: %s | %s\n", file.c_str(), chains[k].c_str());
      } catch (const Error& error) {
        if (row.failed++ == 0) std::printf("  %s: %s\n", chains[k].c_str(), error.what());
      }
    }
    std::fflush(stdout);
  }
  std::printf(
      "files %d, strength %.2f: SNR mean %.2f dB, min %.2f dB; level change at most %.3f LU; "
      "embed %.0f x real time\n",
      n, strength, snr / n, min_snr, lufs, audio_s / embed_s);
  for (std::size_t k = 0; k < chains.size(); ++k) {
    const Row& row = rows[k];
    if (row.n == 0) continue;
    std::printf(
        "%-44s exact %3d/%-3d present %3d wrong %d  z mean %5.1f min %5.1f  raw BER %.3f  "
        "largest p %.0e  verify %.2f s\n",
        chains[k].c_str(), row.exact, row.n, row.present, row.wrong, row.z / row.n, row.min_z,
        row.errors / row.n, row.max_p, row.verify_s / row.n);
  }
  return 0;
}
