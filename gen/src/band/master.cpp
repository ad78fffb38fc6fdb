#include "master.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "lane_bank.h"
#include "loudness_meter.h"

namespace brandiron::gen::band {
namespace {

constexpr double kMonoBelowHz = 120.0;
constexpr double kBusLevelLufs = -20.0;  // the premaster is brought here before the bus compressor
// The soft clipper is linear up to this far below the ceiling and ends a little above it, so that
// the limiter only has to take what is left.
constexpr double kClipKneeDb = -5.0, kClipTopDb = 1.0;
constexpr double kLoudnessTolerance = 0.25;
constexpr int kSearchSteps = 4;

const CompressorOptions& bus_compressor() {
  static const CompressorOptions options = [] {
    CompressorOptions o;
    o.threshold_db = -19.0;
    o.ratio = 2.2;
    o.knee_db = 8.0;
    o.attack_ms = 22.0;
    o.release_ms = 160.0;
    o.detect_rms = true;
    return o;
  }();
  return options;
}

LimiterOptions limiter(double ceiling_dbtp) {
  LimiterOptions o;
  o.ceiling_dbtp = ceiling_dbtp;
  o.lookahead_ms = 2.0;
  o.release_ms = 60.0;
  return o;
}

std::vector<double> stereo_blocks(const AudioBuffer& audio) {
  const std::array<std::span<const float>, 2> channels{audio.channel(0), audio.channel(1)};
  const auto blocks = k_weighted_blocks(channels, audio.rate_hz());
  std::vector<double> sum(blocks[0].size());
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = blocks[0][i] + blocks[1][i];
  return sum;
}

double loudness_of(const AudioBuffer& audio) { return integrated_lufs(stereo_blocks(audio)); }

/// Mid and side through their equalisers; the side loses what is below kMonoBelowHz.
void tone_and_mono_bass(AudioBuffer& audio, double gain_db) {
  const int rate = audio.rate_hz();
  std::vector<StripSettings> strips(2);
  strips[0].input_gain_db = strips[1].input_gain_db = gain_db;
  strips[0].pre = {Biquad::highpass(rate, 28.0)};
  strips[1].pre = {Biquad::highpass(rate, kMonoBelowHz, 0.5411961),
                   Biquad::highpass(rate, kMonoBelowHz, 1.306563)};
  for (StripSettings& s : strips) {
    s.post = {Biquad::low_shelf(rate, 95.0, 1.0), Biquad::peaking(rate, 420.0, -1.2, 0.8),
              Biquad::high_shelf(rate, 7500.0, 1.5)};
  }
  LaneBank bank(strips, rate);
  constexpr std::size_t kChunk = 4096;
  std::array<float, kChunk> mid{}, side{};
  auto left = audio.channel(0), right = audio.channel(1);
  for (std::size_t start = 0; start < left.size(); start += kChunk) {
    const std::size_t n = std::min(kChunk, left.size() - start);
    for (std::size_t i = 0; i < n; ++i) {
      mid[i] = 0.5F * (left[start + i] + right[start + i]);
      side[i] = 0.5F * (left[start + i] - right[start + i]);
    }
    bank.process({mid.data(), side.data()}, {mid.data(), side.data()}, n);
    for (std::size_t i = 0; i < n; ++i) {
      left[start + i] = mid[i] + side[i];
      right[start + i] = mid[i] - side[i];
    }
  }
}

/// x up to the knee, then a rational curve that reaches `top` and stays there.
__attribute__((target_clones("avx2", "default"))) void amplify_and_clip(float* x, std::size_t n,
                                                                        float gain, float knee,
                                                                        float top) {
  const float range = top - knee, per_range = 1.0F / range;
  for (std::size_t i = 0; i < n; ++i) {
    const float v = x[i] * gain;
    const float magnitude = v < 0.0F ? -v : v;
    const float excess = (magnitude > knee ? magnitude - knee : 0.0F) * per_range;
    const float u = excess < 3.0F ? excess : 3.0F;
    const float bent = u * (27.0F + u * u) / (27.0F + 9.0F * u * u);
    const float shaped = (magnitude < knee ? magnitude : knee) + range * bent;
    x[i] = v < 0.0F ? -shaped : shaped;
  }
}

AudioBuffer make_loud(const AudioBuffer& bus, double gain_db, double ceiling_dbtp,
                      double* reduction_db = nullptr) {
  AudioBuffer out = bus;
  amplify_and_clip(out.samples().data(), out.samples().size(),
                   static_cast<float>(det::db_to_gain(gain_db)),
                   static_cast<float>(det::db_to_gain(ceiling_dbtp + kClipKneeDb)),
                   static_cast<float>(det::db_to_gain(ceiling_dbtp + kClipTopDb)));
  const double reduced = limit_true_peak(out, limiter(ceiling_dbtp));
  if (reduction_db != nullptr) *reduction_db = reduced;
  return out;
}

/// A quarter of a long song, four seconds at a time: what the loudness search listens to.
AudioBuffer excerpts(const AudioBuffer& audio) {
  const std::size_t piece = static_cast<std::size_t>(audio.rate_hz()) * 4;
  if (audio.num_frames() < 12 * piece) return audio;
  const std::size_t count = audio.num_frames() / (4 * piece);
  AudioBuffer out(audio.num_channels(), count * piece, audio.rate_hz());
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto from = audio.channel(c).subspan(k * 4 * piece + 2 * piece, piece);
      std::copy(from.begin(), from.end(),
                out.channel(c).begin() + static_cast<std::ptrdiff_t>(k * piece));
    }
  }
  return out;
}

/// Gain into clipper and limiter that gives the wanted loudness, by secant steps.
double find_gain(const AudioBuffer& bus, double target_lufs, double ceiling_dbtp) {
  const AudioBuffer sample = excerpts(bus);
  // The excerpts need not be as loud as the song.
  const double aim = target_lufs + loudness_of(sample) - loudness_of(bus);
  double gain = aim - loudness_of(sample) + 1.0;
  double loudness = loudness_of(make_loud(sample, gain, ceiling_dbtp));
  double slope = 0.8;
  for (int step = 0; step < kSearchSteps && std::fabs(aim - loudness) > 0.05; ++step) {
    const double next_gain = gain + std::clamp((aim - loudness) / slope, -6.0, 6.0);
    const double next = loudness_of(make_loud(sample, next_gain, ceiling_dbtp));
    if (std::fabs(next_gain - gain) > 1e-6) {
      slope = std::clamp((next - loudness) / (next_gain - gain), 0.25, 1.0);
    }
    gain = next_gain;
    loudness = next;
  }
  return gain;
}

}  // namespace

AudioBuffer master(const AudioBuffer& premaster, const MixOptions& options, MasterReport& report) {
  const double before =
      premaster.empty() ? -std::numeric_limits<double>::infinity() : loudness_of(premaster);
  if (!std::isfinite(before)) {
    report.integrated_lufs = report.true_peak_dbtp = -std::numeric_limits<double>::infinity();
    return AudioBuffer(2, premaster.num_frames(), premaster.rate_hz());
  }
  AudioBuffer bus = premaster;
  const double trim_db = kBusLevelLufs - before;
  tone_and_mono_bass(bus, trim_db);
  CompressorOptions glue = bus_compressor();
  glue.ratio = 1.0 + (glue.ratio - 1.0) * options.producedness;
  const double glue_db = compress(bus, glue);

  double gain_db = find_gain(bus, options.target_lufs, options.true_peak_dbtp);
  double limiter_db = 0.0;
  AudioBuffer out = make_loud(bus, gain_db, options.true_peak_dbtp, &limiter_db);
  double loudness = loudness_of(out);
  const double miss = options.target_lufs - loudness;
  if (std::fabs(miss) > kLoudnessTolerance) {
    gain_db += std::clamp(miss / 0.75, -6.0, 6.0);
    out = make_loud(bus, gain_db, options.true_peak_dbtp, &limiter_db);
    loudness = loudness_of(out);
  }

  report.gain_db = trim_db + gain_db;
  report.integrated_lufs = loudness;
  report.true_peak_dbtp = true_peak_dbtp(out);
  report.chain = fmt::format(
      "gain({:.2f}) | side: highpass(hz={}) | highpass(hz=28) | lowshelf(hz=95, gain_db=1) | "
      "peaking(hz=420, gain_db=-1.2, q=0.8) | highshelf(hz=7500, gain_db=1.5) | "
      "compressor(threshold_db={}, ratio={:.2f}, attack_ms={}, release_ms={}) | gain({:.2f}) | "
      "softclip(knee_db={}, top_db={}) | limiter(ceiling_dbtp={}, release_ms=60)",
      trim_db, kMonoBelowHz, glue.threshold_db, glue.ratio, glue.attack_ms, glue.release_ms,
      gain_db, kClipKneeDb, kClipTopDb, options.true_peak_dbtp);
  report.figures = {{"bus.reduction_db", glue_db},
                    {"limiter.reduction_db", limiter_db},
                    {"master.trim_db", trim_db},
                    {"master.drive_db", gain_db}};
  return out;
}

}  // namespace brandiron::gen::band
