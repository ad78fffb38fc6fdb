#include "seal.h"

#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/mapped_file.h"

namespace brandiron::watermark {
namespace {

namespace fs = std::filesystem;

// The manifest store, which the file holds afterwards if it can.
std::string sign_here(const fs::path& file, const DisclosureFacts& facts,
                      const c2pa::Credentials& credentials, const c2pa::ParentManifest& parent,
                      Sealed& sealed) {
  const c2pa::Disclosure disclosure = c2pa::disclosure_of(facts);
  {
    const MappedFile unsigned_file(file);
    if (c2pa::container_of(unsigned_file.bytes()) == c2pa::Container::kSidecar) {
      sealed.sidecar = c2pa::sign_sidecar(unsigned_file.bytes(), disclosure, credentials, parent);
      return sealed.sidecar;
    }
  }
  sealed.sha256 = c2pa::sign_in_place(file, disclosure, credentials, parent);
  return c2pa::read_store(file);
}

// A marker whose files leave signed and logged.
class Discloser final : public Marker {
 public:
  Discloser(std::unique_ptr<Marker> marker, SealOptions options)
      : marker_(std::move(marker)), options_(std::move(options)) {}

  MarkRecord mark(AudioBuffer& audio, const std::string& payload) const override {
    return marker_->mark(audio, payload);
  }

  void seal(const fs::path& file, const AudioBuffer& audio,
            const DisclosureFacts& facts) const override {
    SealedAudio published{file.filename().string(), audio.duration_s(), std::nullopt};
    if (options_.registry != nullptr) published.fingerprint = Fingerprint::of(audio);
    const Sealed sealed = seal_file(file, facts, options_, {}, published);
    if (!sealed.sidecar.empty()) write_file(c2pa::sidecar_path(file), sealed.sidecar);
  }

 private:
  std::unique_ptr<Marker> marker_;
  SealOptions options_;
};

}  // namespace

Sealed seal_file(const fs::path& file, const DisclosureFacts& facts, const SealOptions& options,
                 const c2pa::ParentManifest& parent, const SealedAudio& audio) {
  Sealed sealed;
  std::string manifest;
  if (options.credentials) {
    manifest = sign_here(file, facts, *options.credentials, parent, sealed);
    sealed.has_manifest = true;
  }
  if (sealed.sha256.empty()) sealed.sha256 = sha256_hex(MappedFile(file).bytes());
  if (options.registry == nullptr) return sealed;
  RegistryRecord record;
  record.time = facts.created;
  record.payload_hex = facts.mark.payload_hex;
  record.key_fingerprint = facts.mark.key_fingerprint;
  record.scheme = facts.mark.scheme;
  record.content_sha256 = sealed.sha256;
  record.content_id = facts.content_id;
  record.title = facts.title;
  record.file_name = audio.file_name;
  record.duration_ms = static_cast<std::int64_t>(std::llround(1000.0 * audio.duration_s));
  if (audio.fingerprint) record.fingerprint = audio.fingerprint->serialize();
  record.manifest = manifest;
  sealed.sequence = options.registry->append(record).sequence;
  return sealed;
}

std::unique_ptr<Marker> make_discloser(std::unique_ptr<Marker> marker, SealOptions options) {
  return std::make_unique<Discloser>(std::move(marker), std::move(options));
}

}  // namespace brandiron::watermark
