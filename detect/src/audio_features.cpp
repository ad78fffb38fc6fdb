#include "audio_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/resample.h"
#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"
#include "fast_log.h"

namespace brandiron::detect {
namespace {

constexpr double kShortestS = 1.0;
constexpr float kSilencePeak = 1e-5F;      // -100 dBFS
constexpr double kCanonicalRms = 0.1;      // -20 dBFS over what is not quiet
constexpr double kSegmentSilenceDb = -70;  // a segment that never rises above
constexpr double kPresentDb = -75;         // a band whose mean lies above is used
constexpr std::size_t kBlockWindows = 256;
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

/// Mean of all channels; of channels in opposite phase, which cancel, the first speaks for all.
AudioBuffer mono_of(const AudioBuffer& audio) {
  AudioBuffer mono = audio.to_mono();
  if (mono.peak() < kSilencePeak) {
    const auto first = audio.channel(0);
    std::copy(first.begin(), first.end(), mono.channel(0).begin());
  }
  return mono;
}

/// The mel rows and the texture of one block of windows.
class Pass {
 public:
  explicit Pass(const FeatureConfig& config)
      : config_(config),
        filterbank_(config.num_mels, config.window_samples, config.rate_hz, config.low_hz,
                    config.high_hz),
        texture_(config.window_samples, config.rate_hz, config.hop_s()),
        // A Hann window sums to half its length: a full-scale sine reads 0 dB.
        scale_(static_cast<float>(16.0 / std::pow(static_cast<double>(config.window_samples), 2))),
        mels_(config.num_mels) {}

  void add(std::span<const float> power, LogMel& mel) {
    filterbank_.apply(power, mels_);
    for (const float value : mels_) {
      // +20: the canonical level is -20 dBFS.
      const double db = fast_db(value * scale_) + 20.0;
      const double steps = (db - LogMel::kFloorDb) / LogMel::kStepDb + 0.5;
      mel.steps.push_back(static_cast<std::uint8_t>(std::clamp(steps, 0.0, 255.0)));
    }
    texture_.add(power);
  }
  std::vector<TextureBlock> finish() { return texture_.finish(); }

 private:
  const FeatureConfig& config_;
  MelFilterbank filterbank_;
  TextureMeter texture_;
  float scale_;
  std::vector<float> mels_;
};

}  // namespace

std::string FeatureConfig::to_json() const {
  return nlohmann::json{{"version", 2},
                        {"rate_hz", rate_hz},
                        {"window_samples", window_samples},
                        {"hop_samples", hop_samples},
                        {"num_mels", num_mels},
                        {"low_hz", low_hz},
                        {"high_hz", high_hz},
                        {"segment_windows", segment_windows},
                        {"fine_hop_windows", fine_hop_windows}}
      .dump();
}

FeatureConfig FeatureConfig::from_json(const std::string& text) {
  FeatureConfig config;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("version").get<int>() != 2) {
      throw Error(ErrorCode::kModel, "weights: features of another version; update brandiron");
    }
    json.at("rate_hz").get_to(config.rate_hz);
    json.at("window_samples").get_to(config.window_samples);
    json.at("hop_samples").get_to(config.hop_samples);
    json.at("num_mels").get_to(config.num_mels);
    json.at("low_hz").get_to(config.low_hz);
    json.at("high_hz").get_to(config.high_hz);
    json.at("segment_windows").get_to(config.segment_windows);
    json.at("fine_hop_windows").get_to(config.fine_hop_windows);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("weights: features are unusable: {}", e.what()));
  }
  const auto power_of_two = [](std::size_t x) { return x >= 256 && (x & (x - 1)) == 0; };
  const bool ok = config.rate_hz >= 32000 && config.rate_hz <= 192000 &&
                  power_of_two(config.window_samples) && config.window_samples <= 8192 &&
                  config.hop_samples >= 64 && config.hop_samples <= config.window_samples &&
                  config.num_mels >= 8 && config.num_mels <= 256 && config.low_hz >= 0 &&
                  config.high_hz > config.low_hz && config.high_hz <= config.rate_hz / 2.0 &&
                  config.segment_windows >= 8 && config.segment_windows <= 4096 &&
                  config.fine_hop_windows >= 1 && config.fine_hop_windows <= config.segment_windows;
  if (!ok) throw Error(ErrorCode::kModel, "weights: features are out of range");
  return config;
}

double gated_rms(std::span<const float> signal) {
  constexpr std::size_t kBlock = 4096;
  std::vector<double> powers;
  for (std::size_t at = 0; at < signal.size(); at += kBlock) {
    const auto block = signal.subspan(at, std::min(kBlock, signal.size() - at));
    // Four sums at once: one alone waits for itself.
    std::array<float, 4> sum{};
    for (std::size_t i = 0; i + 4 <= block.size(); i += 4) {
      for (std::size_t k = 0; k < 4; ++k) sum[k] += block[i + k] * block[i + k];
    }
    powers.push_back((sum[0] + sum[1] + sum[2] + sum[3]) / static_cast<double>(block.size()));
  }
  const auto mean_above = [&](double gate) {
    double total = 0, count = 0;
    for (const double p : powers) {
      if (p < gate) continue;
      total += p;
      ++count;
    }
    return count > 0 ? total / count : 0.0;
  };
  return std::sqrt(mean_above(0.1 * mean_above(0)));
}

AudioBuffer canonical_audio(const AudioBuffer& audio, const FeatureConfig& config) {
  check(audio);
  AudioBuffer mono = mono_of(audio);
  if (mono.rate_hz() != config.rate_hz) {
    mono = resample(mono, config.rate_hz, ResampleQuality::kFast);
  }
  const double rms = std::max(gated_rms(mono.channel(0)), 1e-9);
  mono.apply_gain(static_cast<float>(kCanonicalRms / rms));
  return mono;
}

AudioFeatures features_of_canonical(const AudioBuffer& canonical, const FeatureConfig& config,
                                    bool with_comb) {
  const StftOptions options{config.window_samples, config.hop_samples, /*centred=*/false};
  const std::size_t num_bins = config.window_samples / 2 + 1;
  const auto signal = canonical.channel(0);
  AudioFeatures result;
  result.mel.num_mels = config.num_mels;
  result.mel.num_windows = (signal.size() - config.window_samples) / config.hop_samples + 1;
  result.mel.steps.reserve(result.mel.num_windows * config.num_mels);
  Pass pass(config);
  // In blocks: hours of audio must not need gigabytes of spectrogram.
  for (std::size_t first = 0; first < result.mel.num_windows; first += kBlockWindows) {
    const std::size_t count = std::min(kBlockWindows, result.mel.num_windows - first);
    const std::vector<float> power =
        power_spectrogram(signal.subspan(first * config.hop_samples,
                                         (count - 1) * config.hop_samples + config.window_samples),
                          options);
    for (std::size_t t = 0; t < count; ++t) {
      pass.add(std::span(power).subspan(t * num_bins, num_bins), result.mel);
    }
  }
  result.texture = pass.finish();
  if (with_comb) {
    result.comb = comb_spectrum(signal, config.rate_hz);
    result.strides = match_strides(line_spectrum(signal, config.rate_hz));
  }
  return result;
}

std::vector<std::size_t> segment_starts(std::size_t num_windows, std::size_t hop,
                                        const FeatureConfig& config) {
  if (num_windows <= config.segment_windows) return {0};
  std::vector<std::size_t> starts;
  const std::size_t last = num_windows - config.segment_windows;
  for (std::size_t t = 0; t <= last; t += hop) starts.push_back(t);
  if (static_cast<double>(last - starts.back()) * config.hop_s() > 1.0) starts.push_back(last);
  return starts;
}

namespace {

double power_sum_db(double a, double b) {
  return 10 * std::log10(std::pow(10, a / 10) + std::pow(10, b / 10));
}

}  // namespace

bool cut_segment(const SegmentSource& source, const FeatureConfig& config, std::span<float> out) {
  const std::size_t width = config.segment_windows, mels = source.first->num_mels;
  double loudest = LogMel::kFloorDb;
  for (std::size_t t = 0; t < width; ++t) {
    const bool joined = source.second != nullptr && t >= source.join;
    const bool over = joined && source.layered, instead = joined && !source.layered;
    const LogMel& mel = instead ? *source.second : *source.first;
    const std::size_t at =
        (t + (instead ? source.second_start : source.first_start)) % mel.num_windows;
    const std::size_t over_at = over ? (t + source.second_start) % source.second->num_windows : 0;
    for (std::size_t m = 0; m < mels; ++m) {
      double db = mel.db(at, m);
      if (over) db = power_sum_db(db, source.second->db(over_at, m) + source.second_db);
      out[m * width + t] = static_cast<float>(db);
      loudest = std::max(loudest, db);
    }
  }
  if (loudest < kSegmentSilenceDb) {
    std::fill(out.begin(), out.end(), 0.0F);
    return false;
  }
  for (std::size_t m = 0; m < mels; ++m) {
    const auto band = out.subspan(m * width, width);
    float sum = 0, squares = 0;
    for (const float x : band) sum += x;
    const float mean = sum / static_cast<float>(width);
    for (const float x : band) squares += (x - mean) * (x - mean);
    const double deviation =
        std::sqrt(static_cast<double>(squares) / static_cast<double>(width)) + kDeviationPadDb;
    const auto scale = static_cast<float>(1 / deviation);
    for (float& x : band) x = (x - mean) * scale;
  }
  return true;
}

bool cut_segment(const LogMel& mel, std::size_t start, const FeatureConfig& config,
                 std::span<float> out) {
  return cut_segment(SegmentSource{.first = &mel, .first_start = start}, config, out);
}

double bandwidth_hz(const LogMel& mel, const FeatureConfig& config) {
  const MelFilterbank filterbank(config.num_mels, config.window_samples, config.rate_hz,
                                 config.low_hz, config.high_hz);
  for (std::size_t m = mel.num_mels; m-- > 0;) {
    double sum = 0;
    for (std::size_t t = 0; t < mel.num_windows; ++t) sum += mel.db(t, m);
    if (sum / static_cast<double>(mel.num_windows) > kPresentDb) {
      return m + 1 == mel.num_mels ? config.high_hz : filterbank.centre_hz(m);
    }
  }
  return config.low_hz;
}

}  // namespace brandiron::detect
