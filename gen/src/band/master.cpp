#include "master.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "bus.h"
#include "lane_io.h"
#include "loudness_meter.h"

namespace brandiron::gen::band {
namespace {

constexpr double kBusLevelLufs = -20.0;  // the premaster is brought here before the bus compressor
// The soft clipper is linear up to this far below the ceiling and ends a little above it, so that
// the limiter only has to take what is left.
constexpr double kClipKneeDb = -5.0, kClipTopDb = 1.0;
constexpr double kLoudnessTolerance = 0.25;
constexpr int kSearchSteps = 4;

/// Where clipper and limiter stand. A produced song is dense at any loudness: its peaks stay within
/// 8 dB of its loudness, which at the house's -9.5 LUFS is the house's ceiling; each tenth less
/// lets 1 dB more of the peaks through, as far as the ceiling goes.
double ceiling_for(const MixOptions& options) {
  const double p = options.producedness;
  const double peak_to_loudness_db = p <= 1.0 ? 8.0 + 10.0 * (1.0 - p) : 8.0 - 2.0 * (p - 1.0);
  return std::min(options.true_peak_dbtp, options.target_lufs + peak_to_loudness_db);
}

LimiterOptions limiter(double ceiling_dbtp) {
  LimiterOptions o;
  o.ceiling_dbtp = ceiling_dbtp;
  o.lookahead_ms = 2.0;
  o.release_ms = 60.0;
  return o;
}

double loudness_of(const AudioBuffer& audio) { return integrated_lufs(k_weighted_blocks(audio)); }

/// x up to the knee, then a rational curve that reaches `top` and stays there.
BRANDIRON_LANE_INLINE Lane8 clip(const Lane8& v, float knee, float range) {
  const Lane8 magnitude = lane_abs(v);
  const Lane8 excess = lane_max(magnitude - knee, Lane8{}) * (1.0F / range);
  const Lane8 u = lane_min(excess, Lane8{} + 3.0F);
  const Lane8 bent = u * (27.0F + u * u) / (27.0F + 9.0F * u * u);
  const Lane8 shaped = lane_min(magnitude, Lane8{} + knee) + range * bent;
  return v < 0.0F ? -shaped : shaped;
}

__attribute__((target_clones("avx2", "default"))) void amplify_and_clip(float* x, std::size_t n,
                                                                        float gain, float knee,
                                                                        float top) {
  Lane8 v{};
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t bytes = std::min(kLanes, n - i) * sizeof(float);
    if (bytes == sizeof v) {
      std::memcpy(&v, x + i, sizeof v);
      v = clip(v * gain, knee, top - knee);
      std::memcpy(x + i, &v, sizeof v);
    } else {
      std::memcpy(&v, x + i, bytes);
      v = clip(v * gain, knee, top - knee);
      std::memcpy(x + i, &v, bytes);
    }
  }
}

struct Loud {
  double reduction_db = 0, true_peak_dbtp = 0, lufs = 0;
};

/// In place.
Loud make_loud(AudioBuffer& audio, double gain_db, double ceiling_dbtp) {
  amplify_and_clip(audio.samples().data(), audio.samples().size(),
                   static_cast<float>(det::db_to_gain(gain_db)),
                   static_cast<float>(det::db_to_gain(ceiling_dbtp + kClipKneeDb)),
                   static_cast<float>(det::db_to_gain(ceiling_dbtp + kClipTopDb)));
  Loud loud;
  loud.reduction_db = limit_true_peak(audio, limiter(ceiling_dbtp), &loud.true_peak_dbtp);
  loud.lufs = loudness_of(audio);
  return loud;
}

/// A second of every eight in a long song, more of a short one: what the loudness search listens
/// to.
AudioBuffer excerpts(const AudioBuffer& audio) {
  const auto piece = static_cast<std::size_t>(audio.rate_hz());
  const std::size_t stride = std::min<std::size_t>(audio.num_frames() / (8 * piece), 8);
  if (stride < 2) return audio;
  const std::size_t count = audio.num_frames() / (stride * piece);
  AudioBuffer out(audio.num_channels(), count * piece, audio.rate_hz());
  for (std::size_t k = 0; k < count; ++k) {
    // Not the same place of every bar.
    const std::size_t start = (k * stride + k % stride) * piece;
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto from = audio.channel(c).subspan(start, piece);
      std::copy(from.begin(), from.end(),
                out.channel(c).begin() + static_cast<std::ptrdiff_t>(k * piece));
    }
  }
  return out;
}

/// Gain into clipper and limiter that gives the wanted loudness, by secant steps.
double find_gain(const Bus& bus, double target_lufs, double ceiling_dbtp) {
  const AudioBuffer sample = excerpts(bus.audio);
  // The excerpts need not be as loud as the song.
  const double before = loudness_of(sample);
  const double aim = target_lufs + before - integrated_lufs(bus.levels);
  double gain = aim - before + 1.0, slope = 0.8, last_gain = 0.0, last = 0.0;
  for (int step = 0;; ++step) {
    AudioBuffer trial = sample;
    const double loudness = make_loud(trial, gain, ceiling_dbtp).lufs;
    if (step > 0 && std::fabs(gain - last_gain) > 1e-6) {
      slope = std::clamp((loudness - last) / (gain - last_gain), 0.25, 1.0);
    }
    last_gain = gain;
    last = loudness;
    const double miss = aim - loudness;
    if (!(std::fabs(miss) > 0.02)) return gain;
    gain += std::clamp(miss / slope, -6.0, 6.0);
    // Near enough for the slope to take it there.
    if (std::fabs(miss) < 0.3 || step == kSearchSteps) return gain;
  }
}

}  // namespace

AudioBuffer master(const AudioBuffer& premaster, const MixOptions& options, MasterReport& report) {
  const double before =
      premaster.empty() ? -std::numeric_limits<double>::infinity() : loudness_of(premaster);
  if (!std::isfinite(before)) {
    report.integrated_lufs = report.true_peak_dbtp = -std::numeric_limits<double>::infinity();
    return AudioBuffer(2, premaster.num_frames(), premaster.rate_hz());
  }
  const double ceiling_dbtp = ceiling_for(options);
  const double trim_db = kBusLevelLufs - before;
  Bus bus = run_bus(premaster, trim_db, options.producedness);
  double gain_db = find_gain(bus, options.target_lufs, ceiling_dbtp);
  Loud loud = make_loud(bus.audio, gain_db, ceiling_dbtp);
  const double miss = options.target_lufs - loud.lufs;
  if (std::fabs(miss) > kLoudnessTolerance) {
    // The bus is gone: rarely enough that running it again costs less than keeping a copy.
    gain_db += std::clamp(miss / 0.75, -6.0, 6.0);
    bus = run_bus(premaster, trim_db, options.producedness);
    loud = make_loud(bus.audio, gain_db, ceiling_dbtp);
  }

  report.gain_db = trim_db + gain_db;
  report.integrated_lufs = loud.lufs;
  report.true_peak_dbtp = loud.true_peak_dbtp;
  report.steps.push_back({"gain", {{"gain_db", trim_db}}, ""});
  for (MixStep& step : bus_settings(options.producedness)) report.steps.push_back(std::move(step));
  const LimiterOptions last = limiter(ceiling_dbtp);
  report.steps.push_back({"gain", {{"gain_db", gain_db}}, ""});
  report.steps.push_back({"softclip",
                          {{"knee_dbfs", last.ceiling_dbtp + kClipKneeDb},
                           {"top_dbfs", last.ceiling_dbtp + kClipTopDb}},
                          ""});
  report.steps.push_back({"limiter",
                          {{"ceiling_dbtp", last.ceiling_dbtp},
                           {"lookahead_ms", last.lookahead_ms},
                           {"release_ms", last.release_ms}},
                          ""});
  report.figures = {{"bus.reduction_db", bus.reduction_db},
                    {"limiter.reduction_db", loud.reduction_db},
                    {"master.trim_db", trim_db},
                    {"master.drive_db", gain_db}};
  return std::move(bus.audio);
}

}  // namespace brandiron::gen::band
