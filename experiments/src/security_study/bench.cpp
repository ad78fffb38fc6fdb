#include "security_study/bench.h"

#include <algorithm>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/rng.h"
#include "brandiron/watermark/watermark.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/study_key.h"

namespace brandiron::experiments {
namespace {

constexpr int kRateHz = 44100;
constexpr double kLeastSeconds = 5.0;

}  // namespace

SecurityBench::SecurityBench(const SecurityOptions& options) : options_(options) {
  std::erase_if(options_.files, [](const StudyFile& file) {
    return probe_audio(file.path).duration_s() < kLeastSeconds;
  });
}

std::size_t SecurityBench::num_targets(std::size_t most) const {
  return std::min({most, num_files(), static_cast<std::size_t>(options_.most_files)});
}

AudioBuffer SecurityBench::piece(std::size_t file, double seconds) const {
  return resample(read_excerpt(options_.files[file].path, seconds).to_mono(), kRateHz);
}

watermark::Key SecurityBench::key(int index) const {
  return study_key("brandiron security study " + std::to_string(options_.seed) + "/" +
                   std::to_string(index));
}

std::uint64_t SecurityBench::payload(int index) const {
  return Rng(options_.seed).child("payload", static_cast<std::uint64_t>(index)).next_u64();
}

AudioBuffer SecurityBench::marked(AudioBuffer audio, int key_index, int payload_index) const {
  watermark::EmbedOptions embed;
  embed.read_back = false;
  watermark::embed(audio, key(key_index), payload(payload_index), embed);
  return audio;
}

SecurityTrial SecurityBench::read(const AudioBuffer& audio, int key_index,
                                  const std::vector<int>& payloads, bool search_warps) const {
  watermark::VerifyOptions options;
  options.search_warps = search_warps;
  const watermark::Verdict verdict = watermark::verify(audio, {key(key_index)}, options);
  SecurityTrial trial;
  trial.p = verdict.p_value;
  trial.present = verdict.present;
  if (!verdict.payload_valid) return trial;
  trial.read = SecurityTrial::kWrong;
  for (std::size_t i = payloads.size(); i-- > 0;) {
    if (verdict.payload == payload(payloads[i])) trial.read = static_cast<int>(i);
  }
  return trial;
}

void SecurityBench::add(const std::string& attack, const std::string& setting, std::size_t file,
                        SecurityTrial trial) {
  trial.attack = attack;
  trial.setting = setting;
  trial.file = options_.files[file].id;
  trials_.push_back(std::move(trial));
}

AudioBuffer sum(AudioBuffer a, const AudioBuffer& b, float gain) {
  const auto to = a.channel(0);
  const auto from = b.channel(0);
  for (std::size_t i = 0; i < std::min(to.size(), from.size()); ++i) to[i] += gain * from[i];
  return a;
}

}  // namespace brandiron::experiments
