#include "log_mel_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"

namespace brandiron::detect {
namespace {

constexpr double kShortestS = 1.0;
constexpr float kSilencePeak = 1e-5F;       // -100 dBFS
constexpr double kSegmentSilenceDb = 15.0;  // a segment that never rises this far above the floor
constexpr double kPresentDb = 12.0;  // a band whose mean lies this far above the floor is used
constexpr std::size_t kBlockWindows = 2048;
constexpr double kDeviationPadDb = 1.0;

void check(const AudioBuffer& audio) {
  if (audio.num_channels() == 0 || audio.duration_s() < kShortestS) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("detect: {:.2f} s of audio, expected at least {:.0f} s; a verdict on "
                            "less would be a guess",
                            audio.duration_s(), kShortestS));
  }
  if (audio.has_non_finite()) {
    throw Error(ErrorCode::kInvalidArgument, "detect: the audio holds NaN or infinite samples");
  }
  if (audio.peak() < kSilencePeak) {
    throw Error(ErrorCode::kInvalidArgument,
                "detect: the audio is silent (peak below -100 dBFS); there is nothing to judge");
  }
}

}  // namespace

std::string FeatureConfig::to_json() const {
  return nlohmann::json{{"version", 1},
                        {"rate_hz", rate_hz},
                        {"window_samples", window_samples},
                        {"hop_samples", hop_samples},
                        {"num_mels", num_mels},
                        {"low_hz", low_hz},
                        {"high_hz", high_hz},
                        {"level_lufs", level_lufs},
                        {"floor_db", floor_db},
                        {"segment_windows", segment_windows},
                        {"segment_hop_windows", segment_hop_windows}}
      .dump();
}

FeatureConfig FeatureConfig::from_json(const std::string& text) {
  FeatureConfig config;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("version").get<int>() != 1) {
      throw Error(ErrorCode::kModel, "weights: features of a newer version; update brandiron");
    }
    json.at("rate_hz").get_to(config.rate_hz);
    json.at("window_samples").get_to(config.window_samples);
    json.at("hop_samples").get_to(config.hop_samples);
    json.at("num_mels").get_to(config.num_mels);
    json.at("low_hz").get_to(config.low_hz);
    json.at("high_hz").get_to(config.high_hz);
    json.at("level_lufs").get_to(config.level_lufs);
    json.at("floor_db").get_to(config.floor_db);
    json.at("segment_windows").get_to(config.segment_windows);
    json.at("segment_hop_windows").get_to(config.segment_hop_windows);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("weights: features are unusable: {}", e.what()));
  }
  const bool ok = config.rate_hz >= 4000 && config.rate_hz <= 192000 &&
                  config.window_samples >= 64 && config.window_samples <= 65536 &&
                  config.hop_samples >= 16 && config.hop_samples <= config.window_samples &&
                  config.num_mels >= 8 && config.num_mels <= 256 && config.low_hz >= 0 &&
                  config.high_hz > config.low_hz && config.high_hz <= config.rate_hz / 2.0 &&
                  config.segment_windows >= 8 && config.segment_windows <= 4096 &&
                  config.segment_hop_windows >= 1 &&
                  config.segment_hop_windows <= config.segment_windows;
  if (!ok) throw Error(ErrorCode::kModel, "weights: features are out of range");
  return config;
}

AudioBuffer canonical_audio(const AudioBuffer& audio, const FeatureConfig& config) {
  check(audio);
  AudioBuffer mono = audio.to_mono();
  // Channels in opposite phase cancel: then the first one speaks for all.
  if (mono.peak() < kSilencePeak) {
    const auto first = audio.channel(0);
    std::copy(first.begin(), first.end(), mono.channel(0).begin());
  }
  mono = resample(mono, config.rate_hz, ResampleQuality::kFast);
  double level = measure_loudness(mono).integrated_lufs;
  if (!std::isfinite(level)) level = 20 * std::log10(std::max(mono.rms(), 1e-9));
  mono.apply_gain(static_cast<float>(std::pow(10.0, (config.level_lufs - level) / 20)));
  return mono;
}

LogMel log_mel(const AudioBuffer& audio, const FeatureConfig& config) {
  return log_mel_of_canonical(canonical_audio(audio, config), config);
}

LogMel log_mel_of_canonical(const AudioBuffer& canonical, const FeatureConfig& config) {
  const StftOptions options{config.window_samples, config.hop_samples, /*centred=*/false};
  const std::size_t num_bins = config.window_samples / 2 + 1;
  const MelFilterbank filterbank(config.num_mels, config.window_samples, config.rate_hz,
                                 config.low_hz, config.high_hz);
  // A Hann window sums to half its length: a full-scale sine reads 0 dB.
  const double scale = 16.0 / std::pow(static_cast<double>(config.window_samples), 2);
  const auto signal = canonical.channel(0);

  LogMel result;
  result.num_mels = config.num_mels;
  result.num_windows = (signal.size() - config.window_samples) / config.hop_samples + 1;
  result.db.resize(result.num_windows * result.num_mels);
  // In blocks: hours of audio must not need gigabytes of spectrogram.
  for (std::size_t first = 0; first < result.num_windows; first += kBlockWindows) {
    const std::size_t count = std::min(kBlockWindows, result.num_windows - first);
    const std::vector<float> power =
        power_spectrogram(signal.subspan(first * config.hop_samples,
                                         (count - 1) * config.hop_samples + config.window_samples),
                          options);
    for (std::size_t t = 0; t < count; ++t) {
      const auto row = std::span(result.db).subspan((first + t) * result.num_mels, result.num_mels);
      filterbank.apply(std::span(power).subspan(t * num_bins, num_bins), row);
      for (float& value : row) {
        const double db = 10 * std::log10(std::max(static_cast<double>(value) * scale, 1e-20));
        value = static_cast<float>(std::max(db, config.floor_db));
      }
    }
  }
  return result;
}

std::vector<std::size_t> segment_starts(std::size_t num_windows, const FeatureConfig& config) {
  if (num_windows <= config.segment_windows) return {0};
  std::vector<std::size_t> starts;
  const std::size_t last = num_windows - config.segment_windows;
  for (std::size_t t = 0; t <= last; t += config.segment_hop_windows) starts.push_back(t);
  if (static_cast<double>(last - starts.back()) * config.hop_s() > 1.0) starts.push_back(last);
  return starts;
}

bool cut_segment(const LogMel& mel, std::size_t start, const FeatureConfig& config,
                 std::span<float> out) {
  const std::size_t width = config.segment_windows;
  float loudest = static_cast<float>(config.floor_db);
  for (std::size_t t = 0; t < width; ++t) {
    const auto row = mel.window((start + t) % mel.num_windows);
    for (std::size_t m = 0; m < mel.num_mels; ++m) {
      out[m * width + t] = row[m];
      loudest = std::max(loudest, row[m]);
    }
  }
  if (loudest < config.floor_db + kSegmentSilenceDb) {
    std::fill(out.begin(), out.end(), 0.0F);
    return false;
  }
  for (std::size_t m = 0; m < mel.num_mels; ++m) {
    const auto band = out.subspan(m * width, width);
    double sum = 0, squares = 0;
    for (const float x : band) sum += x;
    const double mean = sum / static_cast<double>(width);
    for (const float x : band) squares += (x - mean) * (x - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(width)) + kDeviationPadDb;
    for (float& x : band) x = static_cast<float>((x - mean) / deviation);
  }
  return true;
}

double bandwidth_hz(const LogMel& mel, const FeatureConfig& config) {
  const MelFilterbank filterbank(config.num_mels, config.window_samples, config.rate_hz,
                                 config.low_hz, config.high_hz);
  for (std::size_t m = mel.num_mels; m-- > 0;) {
    double sum = 0;
    for (std::size_t t = 0; t < mel.num_windows; ++t) sum += mel.window(t)[m];
    if (sum / static_cast<double>(mel.num_windows) > config.floor_db + kPresentDb) {
      return m + 1 == mel.num_mels ? config.high_hz : filterbank.centre_hz(m);
    }
  }
  return config.low_hz;
}

}  // namespace brandiron::detect
