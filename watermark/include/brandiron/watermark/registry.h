#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/watermark/fingerprint.h"
#include "brandiron/watermark/watermark.h"

/// What was marked: an append-only log in which each entry holds the hash of the one before
/// (`brandiron.registry/1`, docs/formats.md), and the way back from a stripped file to its
/// manifest.
namespace brandiron::watermark {

/// One published file. Nothing in it names a person.
struct RegistryRecord {
  std::string time;             ///< RFC 3339 in UTC; empty: now
  std::string payload_hex;      ///< 16 hex digits; empty: no mark
  std::string key_fingerprint;  ///< 8 hex digits; empty: no mark
  std::string scheme;           ///< e.g. "brandiron-lf/1"
  std::string content_sha256;   ///< of the published file's bytes, 64 hex digits
  std::string content_id;       ///< UUID; may be empty
  std::string title;            ///< may be empty
  std::string file_name;        ///< without its folder
  std::int64_t duration_ms = 0;
  std::string fingerprint;  ///< `Fingerprint::serialize` of the published audio; may be empty
  std::string manifest;     ///< C2PA manifest store; may be empty
  bool operator==(const RegistryRecord&) const = default;
};

struct RegistryEntry {
  std::int64_t sequence = 0;  ///< 1, 2, 3 ...
  RegistryRecord record;
  std::string previous_hash;  ///< of the entry before; 64 zeros for the first
  std::string hash;           ///< SHA-256 over all of the above; also the id of its manifest
  bool operator==(const RegistryEntry&) const = default;
};

/// The last entry. Whoever keeps this elsewhere notices when entries are cut off the end.
struct RegistryHead {
  std::int64_t sequence = 0;
  std::string hash = std::string(64, '0');
  bool operator==(const RegistryHead&) const = default;
};

struct ChainReport {
  bool intact = true;
  std::int64_t entries = 0;    ///< that were read
  std::int64_t first_bad = 0;  ///< sequence number; 0 where the chain is intact
  std::string problem;         ///< "" or what is wrong there, one line
};

/// Where an audio fingerprint was found.
struct AudioHit {
  RegistryEntry entry;
  Match match;
};

/// A SQLite file. Several processes may use one at once; an object is thread safe and must not be
/// carried over a fork. Every function throws Error(kFormat) for a damaged file, Error(kRetry) when
/// others hold it for more than kBusySeconds, Error(kOutput) when it cannot be written.
class Registry {
 public:
  enum class Open {
    kCreate,    ///< for reading and writing; made, with its folder, where it is missing
    kExisting,  ///< for reading and writing
    kRead,
  };
  static constexpr int kBusySeconds = 30;

  /// A new file has mode 0600. @throws Error(kIo) where it is missing or a folder, Error(kFormat)
  /// for a file that is no registry, Error(kUnsupported) for one of a newer schema.
  explicit Registry(const std::filesystem::path& path, Open how = Open::kCreate);
  ~Registry();
  Registry(Registry&&) noexcept;

  /// Durable when it returns. @throws Error(kInvalidArgument) for a field of another form.
  RegistryEntry append(const RegistryRecord& record);
  /// All or none, in one transaction: for corpora.
  std::vector<RegistryEntry> append(std::span<const RegistryRecord> records);

  std::int64_t size() const;
  RegistryHead head() const;
  std::optional<RegistryEntry> entry(std::int64_t sequence) const;
  std::optional<RegistryEntry> find_hash(const std::string& hash) const;
  /// In order of entry; `key_fingerprint` "" takes every key.
  std::vector<RegistryEntry> find_payload(const std::string& payload_hex,
                                          const std::string& key_fingerprint = "") const;
  std::vector<RegistryEntry> find_content(const std::string& content_sha256) const;
  /// All recordings that the query matches, best first: a linear scan.
  std::vector<AudioHit> find_audio(const Fingerprint& query,
                                   const CompareOptions& options = {}) const;
  /// Calls for every entry in order; `visit` must not call the registry.
  void for_each(const std::function<void(const RegistryEntry&)>& visit) const;

  /// Reads and hashes everything. With a head that was kept, an end cut off shows too.
  ChainReport verify_chain(const std::optional<RegistryHead>& kept = std::nullopt) const;
  /// A header line, then one JSON object an entry; blobs in base64.
  void export_jsonl(std::ostream& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// registry.sqlite in `data_folder()`. @throws as that.
std::filesystem::path default_registry_path();
/// The hash that an entry should have (docs/formats.md).
std::string registry_hash(const RegistryEntry& entry);

// Recovery
// -------------------------------------------------------------------------------------------

/// What a mark proves about the audio that it was found in.
enum class Binding {
  kNoMark,          ///< no payload was read
  kUnknownPayload,  ///< a payload that is not in the registry
  kConfirmed,       ///< registered, and this is the audio it was registered for
  kCopied,          ///< registered for other audio: the mark was moved here
  kUnchecked,       ///< registered, but too little sound to compare, or none was registered
  kSeveral,         ///< several payloads; each has its own binding
};
const char* binding_name(Binding binding) noexcept;  ///< "no-mark", "unknown-payload", ...

/// One payload found in a file and what the registry holds for it.
struct RecoveredPayload {
  std::string payload_hex, key_fingerprint;
  double start_s = 0, end_s = 0;  ///< where it was read; 0, 0: all of the file
  Binding binding = Binding::kUnknownPayload;
  /// Entries of this payload, those that the audio confirms first, best first.
  std::vector<AudioHit> entries;
};

struct Recovery {
  Binding binding = Binding::kNoMark;
  std::vector<RecoveredPayload> payloads;
  /// With `search_audio`: entries that sound like the file, whatever payload it carries.
  std::vector<AudioHit> by_audio;

  /// The entry whose manifest belongs to the file: confirmed by its audio, or by audio alone where
  /// no payload was read; null where there is none. With several payloads the first confirmed.
  const RegistryEntry* best() const;
};

struct RecoveryOptions {
  /// Look through all entries by sound where no payload is confirmed.
  bool search_audio = true;
  /// Share of the query that must lie on the registered audio, so that a few seconds of it do not
  /// vouch for the rest.
  double least_share = 0.5;
  CompareOptions compare;
};

/// `query` is `Fingerprint::of(audio, warp_of(strongest(verdicts)))`.
Recovery recover(const std::vector<Verdict>& verdicts, const Fingerprint& query,
                 const Registry& registry, const RecoveryOptions& options = {});

// C2PA Soft Binding Resolution
// -------------------------------------------------------------------------------------------

inline constexpr std::string_view kFingerprintAlgorithm = "io.github.brandiron.fingerprint.1";

struct SoftBindingAlgorithms {
  std::vector<std::string> watermarks, fingerprints;
};
SoftBindingAlgorithms supported_algorithms();

struct ManifestMatch {
  std::string manifest_id;
  int similarity = 100;  ///< 0 .. 100
};
/// Manifests of a payload or of a fingerprint; `value` is its bytes in base64.
/// @throws Error(kUnsupported) for another algorithm, Error(kInvalidArgument) for a bad value.
std::vector<ManifestMatch> matches_by_binding(const Registry& registry, std::string_view algorithm,
                                              std::string_view value);
/// The manifest store; none where there is no such id.
std::optional<std::string> manifest_by_id(const Registry& registry, const std::string& manifest_id);
/// The value of a payload's binding: 8 bytes, the first digits first, in base64.
std::string payload_binding_value(const std::string& payload_hex);

}  // namespace brandiron::watermark
