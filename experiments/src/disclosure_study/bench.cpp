#include "disclosure_study/bench.h"

#include <algorithm>
#include <chrono>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/watermark/c2pa.h"
#include "brandiron/watermark/watermark.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/study_key.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr double kThreeMinutesS = 180;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

fs::path fresh_registry(const DisclosureStudyOptions& options) {
  fs::create_directories(options.folder);
  fs::path path = options.folder / "registry.db";
  if (fs::exists(path) && !options.overwrite) {
    throw Error(ErrorCode::kOutput, path.string() + ": exists; --overwrite replaces the study");
  }
  fs::remove(path);
  return path;
}

}  // namespace

DisclosureBench::DisclosureBench(const DisclosureStudyOptions& options)
    : options_(options),
      key_(study_key("brandiron disclosure study " + std::to_string(options.seed))),
      scratch_(options.folder / "published") {
  // A file that is no longer than the excerpt by a hair is one of that length.
  std::erase_if(options_.files, [&](const StudyFile& file) {
    return probe_audio(file.path).duration_s() < options_.excerpt_s - 0.01;
  });
  if (num_files() < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                "disclosure study: fewer than two files are long enough for --excerpt-s");
  }
  registry_ = std::make_unique<watermark::Registry>(fresh_registry(options_));
  fs::remove_all(scratch_.path());
  fs::create_directories(scratch_.path());
  watermark::c2pa::make_test_ca(scratch_.path(), "Brandiron disclosure study");
  chain_pem_ = read_file(scratch_.path() / "chain.pem");
  key_pem_ = read_file(scratch_.path() / "signing.key");
  published_.resize(num_files());
  for_each(num_files(), [&](std::size_t file) {
    published_[file] = publish(original(file), payload(file), std::to_string(file));
  });
}

AudioBuffer DisclosureBench::original(std::size_t file) const {
  return read_excerpt(options_.files[file].path, options_.excerpt_s);
}

std::uint64_t DisclosureBench::payload(std::size_t index) const {
  return Rng(options_.seed).child("payload", index).next_u64();
}

Published DisclosureBench::publish(const AudioBuffer& audio, std::uint64_t payload,
                                   const std::string& name) {
  AudioBuffer marked = audio;
  watermark::EmbedOptions embed;
  embed.read_back = false;
  watermark::embed(marked, key_, payload, embed);
  const std::string file = encode_audio(marked, AudioFormat::kFlac);
  watermark::c2pa::Disclosure disclosure;
  disclosure.title = name;
  disclosure.generator_name = "brandiron";
  disclosure.watermark_payload = from_hex(watermark::payload_hex(payload));
  watermark::c2pa::Credentials credentials;
  credentials.chain_pem = chain_pem_;
  credentials.key_pem = key_pem_;

  watermark::RegistryRecord record;
  record.payload_hex = watermark::payload_hex(payload);
  record.key_fingerprint = key_.fingerprint();
  record.scheme = watermark::kScheme;
  record.content_sha256 = sha256_hex(file);
  record.file_name = name + ".flac";
  record.duration_ms = static_cast<std::int64_t>(1000 * audio.duration_s());
  record.manifest = watermark::c2pa::sign_sidecar(file, disclosure, credentials);
  const double before_s = thread_cpu_s();
  record.fingerprint = watermark::Fingerprint::of(marked).serialize();
  const double took_s = thread_cpu_s() - before_s;

  Published done{scratch_.path() / record.file_name, payload, {}};
  write_file(done.file, file);
  const std::lock_guard lock(mutex_);
  fingerprint_s_ += took_s;
  fingerprinted_s_ += audio.duration_s();
  fingerprint_bytes_ += static_cast<double>(record.fingerprint.size());
  manifest_bytes_ += static_cast<double>(record.manifest.size());
  const double append_at_s = wall_seconds();
  done.entry = registry_->append(record);
  append_s_ += wall_seconds() - append_at_s;
  ++appended_;
  return done;
}

DisclosureTrial DisclosureBench::read(const AudioBuffer& audio, std::uint64_t payload,
                                      const watermark::RegistryEntry& entry) const {
  DisclosureTrial trial;
  const std::vector<watermark::Verdict> verdicts = watermark::verify_all(audio, {key_});
  trial.present = verdicts.front().present;
  trial.payload = verdicts.front().payload_valid && verdicts.front().payload == payload;
  const watermark::Fingerprint query =
      watermark::Fingerprint::of(audio, watermark::warp_of(verdicts.front()));
  watermark::RecoveryOptions only_mark;
  only_mark.search_audio = false;
  const double before_s = thread_cpu_s();
  const watermark::Recovery recovery = watermark::recover(verdicts, query, *registry_, only_mark);
  const double took_s = thread_cpu_s() - before_s;
  trial.binding = watermark::binding_name(recovery.binding);
  const watermark::RegistryEntry* best = recovery.best();
  trial.recovered =
      best != nullptr && best->hash == entry.hash && best->record.manifest == entry.record.manifest;
  const watermark::Match match =
      watermark::compare(watermark::Fingerprint::parse(entry.record.fingerprint), query);
  trial.bit_error_rate = match.bit_error_rate;
  trial.false_match = match.false_match;
  const std::vector<watermark::AudioHit> hits = registry_->find_audio(query);
  trial.by_audio = std::any_of(hits.begin(), hits.end(), [&](const watermark::AudioHit& hit) {
    return hit.entry.hash == entry.hash;
  });
  const std::lock_guard lock(mutex_);
  look_up_s_ += took_s;
  ++looked_up_;
  return trial;
}

void DisclosureBench::add(const std::string& part, const std::string& setting, std::size_t file,
                          DisclosureTrial trial) {
  trial.part = part;
  trial.setting = setting;
  trial.file = id(file);
  const std::lock_guard lock(mutex_);
  trials_.push_back(std::move(trial));
}

DisclosureResults DisclosureBench::results() const {
  DisclosureResults results{trials_, {}};
  const auto count = static_cast<double>(std::max<std::size_t>(1, appended_));
  results.costs.fingerprint_ms = 1e3 * fingerprint_s_ / fingerprinted_s_ * kThreeMinutesS;
  results.costs.fingerprint_bytes = fingerprint_bytes_ / fingerprinted_s_ * kThreeMinutesS;
  results.costs.append_ms = 1e3 * append_s_ / count;
  results.costs.manifest_bytes = manifest_bytes_ / count;
  results.costs.look_up_ms =
      1e3 * look_up_s_ / static_cast<double>(std::max<std::size_t>(1, looked_up_));
  return results;
}

void DisclosureBench::for_each(std::size_t count,
                               const std::function<void(std::size_t)>& work) const {
  parallel_for(count, options_.jobs, work);
}

}  // namespace brandiron::experiments
