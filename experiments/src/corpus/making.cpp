#include "making.h"

#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"

namespace brandiron::experiments {
namespace {

double tidy_db(double x) { return std::isfinite(x) ? std::round(x * 1e3) / 1e3 : -120.0; }

}  // namespace

gen::SongModels Networks::of(const gen::GenerateOptions& options) {
  const std::lock_guard lock(mutex_);
  gen::SongModels models;
  if (gen::wants_learned_singer(options) && tools_.singer) {
    if (!singer_) singer_ = tools_.singer();
    models.singer = singer_.get();
  }
  const std::string family = gen::wanted_decoder(options);
  if (!family.empty() && tools_.decoder) {
    auto& decoder = decoders_[{family, options.decoder.kbps}];
    if (!decoder) decoder = tools_.decoder(family, options.decoder.kbps);
    models.decoder = decoder.get();
  }
  return models;
}

void take_audio_facts(const AudioBuffer& audio, ItemFacts& facts) {
  const Loudness loudness = measure_loudness(audio);
  facts.pcm_sha256 = pcm16_sha256(audio);
  facts.duration_s = std::round(audio.duration_s() * 1e9) / 1e9;
  facts.rate_hz = audio.rate_hz();
  facts.channels = audio.num_channels();
  facts.integrated_lufs = tidy_db(loudness.integrated_lufs);
  facts.true_peak_dbtp = tidy_db(loudness.true_peak_dbtp);
}

gen::PublishOptions item_publishing(const Item& item) {
  gen::PublishOptions publish;
  publish.files = gen::PublishedFiles::kMixOnly;
  publish.format = item.format;
  publish.overwrite = true;
  return publish;
}

}  // namespace brandiron::experiments
