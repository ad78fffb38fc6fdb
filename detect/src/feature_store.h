// Features of every (recording, treatment), made once and cached.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "audio_features.h"
#include "brandiron/core/audio/content_free.h"
#include "brandiron/core/marker.h"
#include "track_list.h"

namespace brandiron::detect {

/// One treated copy of a recording to make features of.
struct FeatureJob {
  std::size_t track = 0;  ///< index into the track list
  std::string name;       ///< names the copy and its random streams: "variant-2", "mp3_64"
  std::string chain;      ///< effects, after everything below
  /// Random excerpt of this length; 0 keeps the start, up to kMostSeconds.
  double crop_s = 0;
  bool mark = false;           ///< watermark it first
  bool mix_voice = false;      ///< mix a human voice in, at a random level
  std::string lossless_codec;  ///< chain for recordings that never met a lossy codec
};

struct Features {
  AudioFeatures audio;
  bool marked = false;
  ContentFree raw{}, treated{}, canonical{};  ///< for the shortcut probe
};

struct FeatureStoreOptions {
  std::filesystem::path cache;
  std::uint64_t seed = 1;
  int jobs = 1;
  double voice_low_db = -6, voice_high_db = 6;
  const Marker* marker = nullptr;
  bool comb = true;
};

inline constexpr double kMostSeconds = 60;

/// Where in the recording the excerpt of a job begins, in seconds. @throws Error(kIo).
double excerpt_start_s(const Track& track, const FeatureJob& job, std::uint64_t seed);

/// Makes or fetches the features of all jobs, in order. A cache entry is named by the SHA-256 of
/// all that it depends on, the recording's bytes included. @throws the first error of a job, with
/// its track; the others' results stay in the cache.
std::vector<Features> make_features(const std::vector<Track>& tracks,
                                    const std::vector<FeatureJob>& jobs,
                                    const FeatureConfig& config,
                                    const FeatureStoreOptions& options);

}  // namespace brandiron::detect
