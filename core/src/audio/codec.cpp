#include "brandiron/core/audio/codec.h"

#include <algorithm>
#include <string>

#include "audio/codec_limits.h"
#include "brandiron/core/audio/resample.h"

namespace brandiron {
namespace {

AudioBuffer take_channels(const AudioBuffer& audio, std::size_t first, std::size_t count) {
  AudioBuffer out(count, audio.num_frames(), audio.rate_hz());
  for (std::size_t c = 0; c < count; ++c) {
    const auto from = audio.channel(first + c);
    std::copy(from.begin(), from.end(), out.channel(c).begin());
  }
  return out;
}

// LAME's delay of 576 samples and the 529 of any decoder's filter bank. The info frame at the start
// of an MP3 tells it and mpg123 then cuts it off, but the smallest frames (48 kbit/s and less at
// 44.1 kHz) have no room for that: such a file decodes to whole frames with the delay in front.
constexpr std::size_t kMp3DelayFrames = 576 + 529;

AudioBuffer round_trip_group(const AudioBuffer& audio, AudioFormat format, int bitrate_kbps) {
  WriteOptions options;
  options.bitrate_kbps = bitrate_kbps;
  const std::string bytes = encode_audio(audio, format, options);
  AudioBuffer decoded = read_audio_bytes(bytes, "codec round trip");
  if (format == AudioFormat::kMp3 && decoded.num_frames() != audio.num_frames()) {
    return decoded.slice(kMp3DelayFrames, audio.num_frames());
  }
  return decoded;
}

}  // namespace

AudioBuffer codec_round_trip(const AudioBuffer& audio, AudioFormat format, int bitrate_kbps) {
  const int rate_hz = nearest_codec_rate_hz(format, audio.rate_hz());
  const std::size_t most = max_codec_channels(format);
  AudioBuffer out(std::max<std::size_t>(audio.num_channels(), 1), audio.num_frames(),
                  audio.rate_hz());
  for (std::size_t c = 0; c < audio.num_channels(); c += most) {
    const std::size_t count = std::min(most, audio.num_channels() - c);
    const AudioBuffer group = resample(take_channels(audio, c, count), rate_hz);
    AudioBuffer decoded = resample(round_trip_group(group, format, bitrate_kbps), audio.rate_hz());
    decoded.resize_frames(audio.num_frames());
    for (std::size_t k = 0; k < count; ++k) {
      const auto from = decoded.channel(k);
      std::copy(from.begin(), from.end(), out.channel(c + k).begin());
    }
  }
  return out;
}

}  // namespace brandiron
