#include "brandiron/core/audio/codec.h"

#include "brandiron/core/audio/resample.h"
#include "effect.h"
#include "ffmpeg.h"

namespace brandiron::effects_internal {
namespace {

AudioBuffer mp3(AudioBuffer audio, const Arguments& a, Rng) {
  return codec_round_trip(audio, AudioFormat::kMp3, a.integer("bitrate_kbps"));
}

AudioBuffer vorbis(AudioBuffer audio, const Arguments& a, Rng) {
  return codec_round_trip(audio, AudioFormat::kOggVorbis, a.integer("bitrate_kbps"));
}

AudioBuffer opus(AudioBuffer audio, const Arguments& a, Rng) {
  return codec_round_trip(audio, AudioFormat::kOpus, a.integer("bitrate_kbps"));
}

AudioBuffer aac(AudioBuffer audio, const Arguments& a, Rng) {
  return aac_round_trip(audio, a.integer("bitrate_kbps"));
}

AudioBuffer change_rate(AudioBuffer audio, const Arguments& a, Rng) {
  return resample(audio, a.integer("rate_hz"));
}

EffectParameter bitrate(double low, double high, std::string fallback) {
  return number_parameter("bitrate_kbps", "total; codecs take the nearest they have", low, high,
                          std::move(fallback));
}

}  // namespace

std::vector<Effect> codec_effects() {
  Effect aac_effect{{"aac",
                     "AAC and back, through ffmpeg; time-aligned, same rate and length.",
                     "aac(bitrate_kbps=96)",
                     {bitrate(16, 320, "128")}},
                    aac};
  aac_effect.info.available = has_ffmpeg();
  if (!aac_effect.info.available) aac_effect.info.remedy = kFfmpegRemedy;
  return {
      {{"mp3",
        "MP3 (LAME) and back; time-aligned, same rate and length.",
        "mp3(bitrate_kbps=64)",
        {bitrate(8, 320, "128")}},
       mp3},
      {{"vorbis",
        "Ogg Vorbis and back; time-aligned, same rate and length.",
        "vorbis(bitrate_kbps=96)",
        {bitrate(16, 500, "128")}},
       vorbis},
      {{"opus",
        "Opus and back (at 48 kHz inside); time-aligned, same rate and length.",
        "opus(bitrate_kbps=64)",
        {bitrate(6, 510, "96")}},
       opus},
      std::move(aac_effect),
      {{"resample",
        "Converts to another sample rate and stays there.",
        "resample(rate_hz=16000)",
        {number_parameter("rate_hz", "new rate", 1000, 384000)}},
       change_rate},
  };
}

}  // namespace brandiron::effects_internal
