#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/experiments/recording_pool.h"

namespace brandiron::experiments {
namespace {

constexpr double kFade_s = 0.02;

void fade_ends(AudioBuffer& audio) {
  const auto fade =
      std::min(audio.num_frames() / 2, static_cast<std::size_t>(kFade_s * audio.rate_hz()));
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto samples = audio.channel(c);
    for (std::size_t i = 0; i < fade; ++i) {
      const float gain = static_cast<float>(i) / static_cast<float>(fade);
      samples[i] *= gain;
      samples[samples.size() - 1 - i] *= gain;
    }
  }
}

/// Mono into both sides; of more channels than two their mean.
AudioBuffer in_stereo(const AudioBuffer& audio) {
  if (audio.num_channels() == 2) return audio;
  AudioBuffer stereo(2, audio.num_frames(), audio.rate_hz());
  stereo.add(audio.to_mono());
  return stereo;
}

}  // namespace

AudioBuffer master_recording(const AudioBuffer& recording, const gen::MixOptions& options,
                             double start_s, double duration_s) {
  const auto frames = [&](double seconds) {
    return static_cast<std::size_t>(std::floor(seconds * recording.rate_hz() + 0.5));
  };
  gen::MixResult mix;
  mix.premaster = in_stereo(recording.slice(
      frames(start_s), duration_s > 0 ? frames(duration_s) : recording.num_frames()));
  if (mix.premaster.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the recording has " + std::to_string(recording.duration_s()) +
                    " s; expected some from " + std::to_string(start_s) + " s on");
  }
  fade_ends(mix.premaster);
  gen::master_mix(mix, options);
  return std::move(mix.master);
}

}  // namespace brandiron::experiments
