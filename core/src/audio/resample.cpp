#include "brandiron/core/audio/resample.h"

#include <soxr.h>

#include <cmath>
#include <string>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

// One channel from `in_rate` to `out_rate` (only their ratio counts) into exactly out.size()
// frames.
void convert(std::span<const float> in, std::span<float> out, double in_rate, double out_rate,
             ResampleQuality quality) {
  if (in.empty() || out.empty()) return;
  const soxr_quality_spec_t spec =
      soxr_quality_spec(quality == ResampleQuality::kHigh ? SOXR_HQ : SOXR_LQ, 0);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  std::size_t consumed = 0, produced = 0;
  soxr_error_t error = nullptr;
  soxr_t soxr = soxr_create(in_rate, out_rate, 1, &error, &io, &spec, &runtime);
  if (error == nullptr) {
    error = soxr_process(soxr, in.data(), in.size(), &consumed, out.data(), out.size(), &produced);
  }
  // A null input flushes the filter's tail.
  while (error == nullptr && produced < out.size()) {
    std::size_t more = 0;
    error = soxr_process(soxr, nullptr, 0, nullptr, out.data() + produced, out.size() - produced,
                         &more);
    if (more == 0) break;
    produced += more;
  }
  soxr_delete(soxr);
  if (error != nullptr) {
    throw Error(ErrorCode::kInternal, "resample: libsoxr failed: " + std::string(error));
  }
  for (std::size_t i = produced; i < out.size(); ++i) out[i] = 0.0F;
}

AudioBuffer convert_all(const AudioBuffer& audio, std::size_t num_frames, int rate_hz,
                        double in_rate, double out_rate, ResampleQuality quality) {
  AudioBuffer out(audio.num_channels(), num_frames, rate_hz);
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    convert(audio.channel(c), out.channel(c), in_rate, out_rate, quality);
  }
  return out;
}

}  // namespace

AudioBuffer resample(const AudioBuffer& audio, int rate_hz, ResampleQuality quality) {
  if (rate_hz < 1000 || rate_hz > 768000) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "resample: found a rate of " + std::to_string(rate_hz) + " Hz, expected 1000 to 768000");
  }
  if (rate_hz == audio.rate_hz()) return audio;
  const double frames =
      static_cast<double>(audio.num_frames()) * rate_hz / std::max(audio.rate_hz(), 1);
  return convert_all(audio, static_cast<std::size_t>(std::llround(frames)), rate_hz,
                     audio.rate_hz(), rate_hz, quality);
}

AudioBuffer change_speed(const AudioBuffer& audio, double ratio) {
  if (!(ratio >= 0.01 && ratio <= 100.0)) {
    throw Error(ErrorCode::kInvalidArgument, "change_speed: found a ratio of " +
                                                 std::to_string(ratio) +
                                                 ", expected 0.01 to 100 (new / old length)");
  }
  if (ratio == 1.0) return audio;
  const double frames = static_cast<double>(audio.num_frames()) * ratio;
  return convert_all(audio, static_cast<std::size_t>(std::llround(frames)), audio.rate_hz(), 1.0,
                     ratio, ResampleQuality::kHigh);
}

}  // namespace brandiron
