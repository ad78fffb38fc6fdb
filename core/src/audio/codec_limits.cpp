#include "audio/codec_limits.h"

#include <algorithm>
#include <array>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

constexpr std::array<int, 9> kMp3Rates = {8000,  11025, 12000, 16000, 22050,
                                          24000, 32000, 44100, 48000};
constexpr std::array<int, 5> kOpusRates = {8000, 12000, 16000, 24000, 48000};
constexpr int kMaxFlacRateHz = 655350;
constexpr int kMaxVorbisRateHz = 200000;
constexpr int kMaxRateHz = 768000;

template <std::size_t kCount>
int at_or_above(const std::array<int, kCount>& rates, int rate_hz) {
  const auto found = std::lower_bound(rates.begin(), rates.end(), rate_hz);
  return found == rates.end() ? rates.back() : *found;
}

int max_rate_hz(AudioFormat format) {
  if (format == AudioFormat::kFlac) return kMaxFlacRateHz;
  if (format == AudioFormat::kOggVorbis) return kMaxVorbisRateHz;
  return kMaxRateHz;
}

}  // namespace

int codec_rate_hz(AudioFormat format, int rate_hz) {
  return format == AudioFormat::kOpus ? at_or_above(kOpusRates, rate_hz) : rate_hz;
}

int nearest_codec_rate_hz(AudioFormat format, int rate_hz) {
  if (format == AudioFormat::kMp3) return at_or_above(kMp3Rates, rate_hz);
  return std::min(rate_hz, max_rate_hz(format));
}

std::size_t max_codec_channels(AudioFormat format) {
  if (format == AudioFormat::kMp3) return 2;
  return format == AudioFormat::kWav ? 64 : 8;
}

void check_codec_limits(AudioFormat format, int rate_hz, std::size_t num_channels,
                        const std::string& name) {
  if (num_channels < 1 || num_channels > max_codec_channels(format)) {
    throw Error(ErrorCode::kUnsupported, name + ": found " + std::to_string(num_channels) +
                                             " channels, " + (audio_format_extension(format) + 1) +
                                             " holds 1 to " +
                                             std::to_string(max_codec_channels(format)));
  }
  if (rate_hz < 1 || nearest_codec_rate_hz(format, rate_hz) != rate_hz) {
    throw Error(ErrorCode::kUnsupported,
                name + ": " + (audio_format_extension(format) + 1) + " cannot hold a rate of " +
                    std::to_string(rate_hz) + " Hz; resample first, for example to " +
                    std::to_string(nearest_codec_rate_hz(format, std::max(rate_hz, 8000))) + " Hz");
  }
}

}  // namespace brandiron
