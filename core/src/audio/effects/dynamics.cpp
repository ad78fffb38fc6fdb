#include "brandiron/core/audio/dynamics.h"

#include "brandiron/core/det_math.h"
#include "effect.h"

namespace brandiron::effects_internal {
namespace {

AudioBuffer compressor(AudioBuffer audio, const Arguments& a, Rng) {
  CompressorOptions options;
  options.threshold_db = a.number("threshold_db");
  options.ratio = a.number("ratio");
  options.attack_ms = a.number("attack_ms");
  options.release_ms = a.number("release_ms");
  options.knee_db = a.number("knee_db");
  options.makeup_db = a.number("makeup_db");
  compress(audio, options);
  return audio;
}

AudioBuffer limiter(AudioBuffer audio, const Arguments& a, Rng) {
  audio.apply_gain(static_cast<float>(det::db_to_gain(a.number("drive_db"))));
  LimiterOptions options;
  options.ceiling_dbtp = a.number("ceiling_dbtp");
  options.release_ms = a.number("release_ms");
  limit_true_peak(audio, options);
  return audio;
}

}  // namespace

std::vector<Effect> dynamics_effects() {
  return {
      {{"compressor",
        "Evens out the level: RMS detector, soft knee, one gain for all channels.",
        "compressor(threshold_db=-24, ratio=4)",
        {number_parameter("threshold_db", "where it begins", -80, 0, "-24"),
         number_parameter("ratio", "dB in for each dB out above it", 1, 100, "4"),
         number_parameter("attack_ms", "time to react", 0.05, 500, "8"),
         number_parameter("release_ms", "time to recover", 1, 5000, "120"),
         number_parameter("knee_db", "width of the bend", 0, 24, "6"),
         number_parameter("makeup_db", "gain afterwards", -24, 48, "0")}},
       compressor},
      {{"limiter",
        "Keeps the true peak (4 x oversampled) at or below a ceiling, with look-ahead.",
        "limiter(drive_db=6, ceiling_dbtp=-1)",
        {number_parameter("drive_db", "gain before it", -24, 48, "0"),
         number_parameter("ceiling_dbtp", "largest true peak", -40, 0, "-1"),
         number_parameter("release_ms", "time to recover", 1, 2000, "80")}},
       limiter},
  };
}

}  // namespace brandiron::effects_internal
