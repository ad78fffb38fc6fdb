#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/temporary.h"
#include "brandiron/experiments/disclosure_study.h"
#include "brandiron/watermark/key.h"
#include "brandiron/watermark/registry.h"

namespace brandiron::experiments {

/// One file of the material as it was published: marked, encoded, registered with its manifest.
struct Published {
  std::filesystem::path file;  ///< FLAC, without any metadata
  std::uint64_t payload = 0;
  watermark::RegistryEntry entry;
};

/// The material, published, and the registry that knows it.
class DisclosureBench {
 public:
  explicit DisclosureBench(const DisclosureStudyOptions& options);

  const DisclosureStudyOptions& options() const { return options_; }
  std::size_t num_files() const { return options_.files.size(); }
  const std::string& id(std::size_t file) const { return options_.files[file].id; }
  /// Before publication.
  AudioBuffer original(std::size_t file) const;
  const Published& published(std::size_t file) const { return published_[file]; }
  const watermark::Key& key() const { return key_; }
  std::uint64_t payload(std::size_t index) const;
  const watermark::Registry& registry() const { return *registry_; }
  /// Marks, encodes, signs and registers one more recording, under any payload.
  Published publish(const AudioBuffer& audio, std::uint64_t payload, const std::string& name);

  /// Reads `audio` and asks the registry; `entry` is what its payload was registered for.
  DisclosureTrial read(const AudioBuffer& audio, std::uint64_t payload,
                       const watermark::RegistryEntry& entry) const;
  void add(const std::string& part, const std::string& setting, std::size_t file,
           DisclosureTrial trial);
  DisclosureResults results() const;
  /// `work(i)` for i below `count`, on `jobs` threads.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work) const;

 private:
  DisclosureStudyOptions options_;
  watermark::Key key_;
  TemporaryPath scratch_;
  std::string chain_pem_, key_pem_;
  std::unique_ptr<watermark::Registry> registry_;
  std::vector<Published> published_;
  mutable std::mutex mutex_;
  std::vector<DisclosureTrial> trials_;
  double fingerprint_s_ = 0, fingerprinted_s_ = 0, append_s_ = 0, manifest_bytes_ = 0;
  double fingerprint_bytes_ = 0;
  std::size_t appended_ = 0;
  mutable double look_up_s_ = 0;
  mutable std::size_t looked_up_ = 0;
};

void read_genuine_changes(DisclosureBench& bench);
void read_warped(DisclosureBench& bench);
void read_copied_marks(DisclosureBench& bench);
void compare_others(DisclosureBench& bench);

}  // namespace brandiron::experiments
