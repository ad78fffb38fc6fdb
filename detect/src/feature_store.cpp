#include "feature_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kCacheVersion = "brandiron.features/7";

/// Everything a set of jobs shares.
struct Workshop {
  const std::vector<Track>& tracks;
  const FeatureConfig& config;
  const FeatureStoreOptions& options;
  std::vector<std::size_t> voices;
  std::string voice_hash;   ///< which voices may be mixed in
  std::string marker_hash;  ///< what the marker does, "" without one
  std::map<std::size_t, std::string> file_hash;

  std::string key(const FeatureJob& job) const {
    const Json parts = {kCacheVersion,
                        version(),
                        file_hash.at(job.track),
                        tracks[job.track].id,
                        tracks[job.track].lossless,
                        tracks[job.track].marked,
                        job.name,
                        job.chain,
                        job.crop_s,
                        job.mark ? marker_hash : "",
                        job.mix_voice ? voice_hash : "",
                        job.lossless_codec,
                        options.seed,
                        options.voice_low_db,
                        options.voice_high_db,
                        options.comb,
                        config.to_json()};
    return sha256_hex(parts.dump()).substr(0, 32);
  }
};

/// A marker has no name here, so it is known by what it does to ten seconds of noise.
std::string fingerprint(const Marker* marker) {
  if (marker == nullptr) return "";
  AudioBuffer noise(1, 441000, 44100);
  Rng rng(1, "marker-fingerprint");
  for (float& x : noise.samples()) x = static_cast<float>(0.05 * rng.normal());
  marker->mark(noise, "0123456789abcdef");
  return pcm16_sha256(noise);
}

template <typename Values>
void put(std::string& bytes, const Values& values) {
  bytes.append(reinterpret_cast<const char*>(values.data()),
               values.size() * sizeof(*values.data()));
}

template <typename T>
void take(const std::string& bytes, std::size_t& at, std::vector<T>& values, std::size_t count) {
  if (bytes.size() - at < count * sizeof(T)) {
    throw Error(ErrorCode::kFormat, "feature cache: an entry is damaged; delete the cache folder");
  }
  values.resize(count);
  if (count > 0) std::memcpy(values.data(), bytes.data() + at, count * sizeof(T));
  at += count * sizeof(T);
}

std::string serialise(const Features& features) {
  const AudioFeatures& audio = features.audio;
  const Json header = {{"schema", kCacheVersion},         {"num_windows", audio.mel.num_windows},
                       {"num_mels", audio.mel.num_mels},  {"blocks", audio.texture.size()},
                       {"comb", audio.comb.steps.size()}, {"strides", audio.strides.each.size()},
                       {"marked", features.marked},       {"raw", features.raw},
                       {"treated", features.treated},     {"canonical", features.canonical}};
  std::string bytes = header.dump() + "\n";
  put(bytes, audio.mel.steps);
  put(bytes, audio.texture);
  put(bytes, audio.comb.steps);
  put(bytes, audio.strides.best);
  put(bytes, audio.strides.each);
  return bytes;
}

Features deserialise(const std::string& bytes) {
  const std::size_t newline = bytes.find('\n');
  const Json header = Json::parse(bytes.substr(0, newline));
  Features features;
  AudioFeatures& audio = features.audio;
  audio.mel.num_windows = header.at("num_windows").get<std::size_t>();
  audio.mel.num_mels = header.at("num_mels").get<std::size_t>();
  header.at("marked").get_to(features.marked);
  header.at("raw").get_to(features.raw);
  header.at("treated").get_to(features.treated);
  header.at("canonical").get_to(features.canonical);
  std::size_t at = newline + 1;
  take(bytes, at, audio.mel.steps, audio.mel.num_windows * audio.mel.num_mels);
  take(bytes, at, audio.texture, header.at("blocks").get<std::size_t>());
  take(bytes, at, audio.comb.steps, header.at("comb").get<std::size_t>());
  std::vector<LineMatch> best;
  take(bytes, at, best, audio.strides.best.size());
  std::copy(best.begin(), best.end(), audio.strides.best.begin());
  take(bytes, at, audio.strides.each, header.at("strides").get<std::size_t>());
  return features;
}

/// The streams of random numbers of one copy.
Rng stream_of(const Track& track, const FeatureJob& job, std::uint64_t seed) {
  return Rng(seed, "features").child(track.id).child(job.name);
}

/// Which part of a recording a job hears.
ReadOptions excerpt(const AudioInfo& info, double crop_s, Rng rng) {
  ReadOptions options;
  const double wanted_s = crop_s > 0 ? crop_s : kMostSeconds;
  options.max_frames = static_cast<std::uint64_t>(wanted_s * info.rate_hz);
  if (crop_s > 0 && info.num_frames > options.max_frames) {
    options.start_frame = static_cast<std::uint64_t>(
        rng.uniform() * static_cast<double>(info.num_frames - options.max_frames));
  }
  return options;
}

/// Adds a human voice, looped or cut to fit, at a random level relative to the music. Drawn for
/// both classes alike: a voice must never mean "AI", nor "human".
void mix_voice(AudioBuffer& audio, const Workshop& shop, Rng rng) {
  if (shop.voices.empty()) return;
  const Track& track =
      shop.tracks[shop.voices[rng.below(static_cast<std::uint32_t>(shop.voices.size()))]];
  const AudioBuffer voice = resample(read_audio(track.file).to_mono(), audio.rate_hz());
  const double voice_rms = voice.rms();
  if (voice_rms < 1e-5 || voice.num_frames() == 0) return;
  const double level_db = rng.uniform(shop.options.voice_low_db, shop.options.voice_high_db);
  const auto gain = static_cast<float>(std::pow(10.0, level_db / 20) * audio.rms() / voice_rms);
  for (std::size_t at = 0; at < audio.num_frames(); at += voice.num_frames()) {
    audio.add(voice.slice(0, audio.num_frames() - at), at, gain);
  }
  if (audio.peak() > 1) audio.apply_gain(1 / audio.peak());
}

Features make_one(const Workshop& shop, const FeatureJob& job) {
  const Track& track = shop.tracks[job.track];
  const Rng rng = stream_of(track, job, shop.options.seed);
  AudioBuffer audio =
      read_audio(track.file, excerpt(probe_audio(track.file), job.crop_s, rng.child("crop")));
  Features features;
  features.raw = content_free_features(audio);
  if (job.mix_voice) mix_voice(audio, shop, rng.child("voice"));
  if (track.lossless && !job.lossless_codec.empty()) {
    audio = EffectChain::parse(job.lossless_codec).apply(audio, rng.child("lossless"));
  }
  features.marked = track.marked;
  if (job.mark && !track.marked && shop.options.marker != nullptr) {
    Rng payload = rng.child("payload");
    const auto record =
        shop.options.marker->mark(audio, fmt::format("{:016x}", payload.next_u64()));
    features.marked = record.present;
  }
  audio = EffectChain::parse(job.chain).apply(audio, rng.child("chain"));
  features.treated = content_free_features(audio);
  const AudioBuffer canonical = canonical_audio(audio, shop.config);
  features.canonical = content_free_features(canonical);
  features.audio = features_of_canonical(canonical, shop.config, shop.options.comb);
  return features;
}

Features fetch_or_make(const Workshop& shop, const FeatureJob& job) {
  const fs::path path = shop.options.cache / (shop.key(job) + ".features");
  if (fs::exists(path)) return deserialise(read_file(path));
  try {
    const Features features = make_one(shop, job);
    const std::string bytes = serialise(features);
    write_file(path, bytes, /*overwrite=*/true);
    return deserialise(bytes);  // the rounded numbers, as a later run will see them
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{} ({}, '{}'): {}", shop.tracks[job.track].id, job.name,
                                      job.chain, e.what()));
  }
}

}  // namespace

double excerpt_start_s(const Track& track, const FeatureJob& job, std::uint64_t seed) {
  const AudioInfo info = probe_audio(track.file);
  const Rng rng = stream_of(track, job, seed);
  const ReadOptions options = excerpt(info, job.crop_s, rng.child("crop"));
  return static_cast<double>(options.start_frame) / info.rate_hz;
}

std::vector<Features> make_features(const std::vector<Track>& tracks,
                                    const std::vector<FeatureJob>& jobs,
                                    const FeatureConfig& config,
                                    const FeatureStoreOptions& options) {
  fs::create_directories(options.cache);
  Workshop shop{tracks, config, options, {}, {}, fingerprint(options.marker), {}};
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!tracks[i].is_voice() || tracks[i].is_test()) continue;
    shop.voices.push_back(i);
    shop.voice_hash += tracks[i].id + "\n";
  }
  shop.voice_hash = sha256_hex(shop.voice_hash);
  for (const FeatureJob& job : jobs) {
    auto& hash = shop.file_hash[job.track];
    if (hash.empty()) hash = sha256_hex(read_file(tracks[job.track].file));
  }

  std::vector<Features> results(jobs.size());
  Progress progress("features", jobs.size(), "recordings");
  parallel_for(jobs.size(), options.jobs, [&](std::size_t i) {
    results[i] = fetch_or_make(shop, jobs[i]);
    progress.add();
  });
  return results;
}

}  // namespace brandiron::detect
