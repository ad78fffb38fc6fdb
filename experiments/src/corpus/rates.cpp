#include "rates.h"

#include <fmt/format.h>

#include <array>

namespace brandiron::experiments {
namespace {

// CPU seconds of one core (docs/performance.md, "By stage": 180 s of song, preset lean).
constexpr double kSongwriter_s = 0.20;  // a song
constexpr double kVoice_s = 0.64 / 180, kBand_s = 0.12 / 180, kMix_s = 0.71 / 180,
                 kMark_s = 0.21 / 180, kFiles_s = 0.43 / 180;  // a second of audio
// Rough values, not measured by a command yet.
constexpr double kLearnedSinger_s = 1.0 / 180;
constexpr double kReencode_s = 2.0 / 180;  // decode, code or attack, meter, hash

// A second of one channel through a decoder (docs/performance.md, "Decoders").
struct DecoderRate {
  const char* family;
  double cpu_s;
};
constexpr std::array<DecoderRate, 5> kDecoders = {
    {{"hifigan", 0.035}, {"encodec", 0.055}, {"dac", 0.060}, {"nearest", 0.057}, {"istft", 0.025}}};

// Bytes of a second of stereo at 44.1 kHz.
constexpr double kFlacBytes = 104.8e3, kWavBytes = 176.4e3, kLabelBytes = 1.7e3;
// Where neither recipe nor preset says how long songs are: 140 to 190 s are drawn.
constexpr double kUsual_s = 165.0, kDebug_s = 20.0;

double duration_of(const Item& item) {
  if (item.duration_s > 0) return item.duration_s;
  return item.preset == "debug" ? kDebug_s : kUsual_s;
}

double decoder_s(const Item& item, double duration_s) {
  const double channels = item.decoder_scope == "voice" ? 1 : item.decoder_scope == "mix" ? 2 : 3;
  for (const DecoderRate& rate : kDecoders) {
    if (item.decoder == rate.family) return channels * duration_s * rate.cpu_s;
  }
  return 0.0;
}

double bytes_of(const Item& item, double duration_s) {
  const double rate = item.rate_hz / 44100.0;
  if (!item.codec.empty()) return duration_s * item.codec_kbps * 125.0;
  const double audio = duration_s * rate * (item.format == "wav" ? kWavBytes : kFlacBytes);
  return item.attack.empty() ? audio + duration_s * kLabelBytes : audio;
}

}  // namespace

ItemCost item_cost(const Item& item) {
  ItemCost cost;
  cost.duration_s = duration_of(item);
  cost.bytes = bytes_of(item, cost.duration_s);
  if (item.is_reencoded()) {
    cost.cpu_s = cost.duration_s * kReencode_s;
    return cost;
  }
  cost.cpu_s = kSongwriter_s + cost.duration_s * (kVoice_s + kBand_s + kMix_s + kFiles_s);
  if (item.marked) cost.cpu_s += cost.duration_s * kMark_s;
  if (item.preset == "vocal" || item.preset == "full") {
    cost.cpu_s += cost.duration_s * kLearnedSinger_s;
  }
  cost.cpu_s += decoder_s(item, cost.duration_s);
  return cost;
}

std::string corpus_rates_text() {
  return fmt::format(
      "CPU seconds: {:.2f} a song, {:.4f} a second of it (voice {:.4f}, band {:.4f}, mix {:.4f}, "
      "mark {:.4f}, files {:.4f}), decoders {:.3f} to {:.3f} a second and channel; {:.0f} kB a "
      "second of FLAC",
      kSongwriter_s, kVoice_s + kBand_s + kMix_s + kMark_s + kFiles_s, kVoice_s, kBand_s, kMix_s,
      kMark_s, kFiles_s, kDecoders[4].cpu_s, kDecoders[2].cpu_s, kFlacBytes / 1e3);
}

}  // namespace brandiron::experiments
