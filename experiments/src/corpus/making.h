#pragma once

// What those who make the items of a corpus have in common.

#include <map>
#include <mutex>

#include "brandiron/experiments/corpus_build.h"
#include "brandiron/gen/singer_model.h"
#include "brandiron/gen/song.h"

namespace brandiron::experiments {

/// Networks by what they are, loaded once and kept. Thread safe; `tools` must outlive it.
class Networks {
 public:
  explicit Networks(const SongTools& tools) : tools_(tools) {}

  /// Those that a song asks for, where there is a loader.
  gen::SongModels of(const gen::GenerateOptions& options);

 private:
  const SongTools& tools_;
  std::mutex mutex_;
  std::shared_ptr<const gen::SingerModel> singer_;
  std::map<std::pair<std::string, double>, std::shared_ptr<const gen::DecoderModel>> decoders_;
};

/// Duration, rate, channels, loudness, true peak and hash of what is to be heard.
void take_audio_facts(const AudioBuffer& audio, ItemFacts& facts);

/// How an item's mix leaves: a file of its own, over what a killed run left there.
gen::PublishOptions item_publishing(const Item& item);

}  // namespace brandiron::experiments
