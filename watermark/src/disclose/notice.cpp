#include "brandiron/watermark/notice.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::watermark {
namespace {

constexpr double kToneHz = 700.0, kDotS = 0.12, kRampS = 0.006;
constexpr double kPauseS = 0.4;
constexpr float kMaxPeak = 0.5F;    // -6 dBFS
constexpr double kQuietRms = 0.02;  // beside silence: -34 dBFS, still heard
constexpr double kMaxNoticeS = 30.0;

// Dots of sound (+) and of pause (-): short long, a gap of three, short short.
constexpr int kRhythm[] = {+1, -1, +3, -3, +1, -1, +1};

void add_tone(std::span<float> out, int rate_hz) {
  const double ramp = kRampS * rate_hz;
  const auto count = static_cast<double>(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto at = static_cast<double>(i);
    const double edge = std::min({1.0, at / ramp, (count - at) / ramp});
    const double level = 0.5 - 0.5 * det::cos(std::numbers::pi * edge);
    out[i] = static_cast<float>(level * det::sin(2.0 * std::numbers::pi * kToneHz * at / rate_hz));
  }
}

// RMS where there is sound: pauses say nothing of how loud a voice is.
double active_rms(const AudioBuffer& audio) {
  const float floor = 0.05F * audio.peak();
  double sum = 0;
  std::size_t count = 0;
  for (const float x : audio.samples()) {
    if (std::abs(x) < floor) continue;
    sum += static_cast<double>(x) * static_cast<double>(x);
    ++count;
  }
  return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0.0;
}

}  // namespace

Notice morse_notice(int rate_hz) {
  const auto dot = static_cast<std::size_t>(kDotS * rate_hz);
  std::size_t frames = 0;
  for (const int dots : kRhythm) frames += dot * static_cast<std::size_t>(std::abs(dots));
  AudioBuffer audio(1, frames, rate_hz);
  std::size_t at = 0;
  for (const int dots : kRhythm) {
    const std::size_t count = dot * static_cast<std::size_t>(std::abs(dots));
    if (dots > 0) add_tone(audio.channel(0).subspan(at, count), rate_hz);
    at += count;
  }
  return {"morse", std::move(audio)};
}

Notice spoken_notice() {
  const auto path = home_folder() / "configs" / "notices" / "made-with-ai.en.flac";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kConfig, path.string() +
                                        ": the spoken notice is not installed; give --notice FILE "
                                        "or --notice morse");
  }
  return {"spoken", read_audio(path)};
}

Notice notice_named(const std::string& name) {
  if (name == "morse") return morse_notice();
  if (name == "spoken") return spoken_notice();
  AudioBuffer audio = read_audio(name).to_mono();
  if (audio.duration_s() > kMaxNoticeS || audio.peak() == 0.0F) {
    throw Error(ErrorCode::kFormat, name + ": lasts " + std::to_string(audio.duration_s()) +
                                        " s or is silent, expected a notice of at most 30 s");
  }
  return {std::filesystem::path(name).filename().string(), std::move(audio)};
}

AudioBuffer fitted_notice(const Notice& notice, int rate_hz, std::size_t num_channels, double rms,
                          bool before_music) {
  const AudioBuffer mono =
      notice.audio.rate_hz() == rate_hz ? notice.audio : resample(notice.audio, rate_hz);
  const double gain = std::min(std::max(rms, kQuietRms) / std::max(active_rms(mono), 1e-9),
                               static_cast<double>(kMaxPeak / std::max(mono.peak(), 1e-9F)));
  const auto pause = static_cast<std::size_t>(kPauseS * rate_hz);
  AudioBuffer out(num_channels, mono.num_frames() + pause, rate_hz);
  out.add(mono, before_music ? 0 : pause, static_cast<float>(gain));
  return out;
}

}  // namespace brandiron::watermark
