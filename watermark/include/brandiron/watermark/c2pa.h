#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/disclosure.h"

/// Signed provenance: C2PA manifests (specification 2.2) for WAV, FLAC and MP3, and as sidecar
/// files for everything else. A manifest says who made the audio and how, and names the watermark
/// that leads back to it when a platform strips it.
namespace brandiron::watermark::c2pa {

/// Our name in `c2pa.soft-binding` assertions.
inline constexpr std::string_view kSoftBindingAlgorithm = "io.github.brandiron.lf.1";

using brandiron::SourceType;

/// What a manifest says.
struct Disclosure {
  std::string title;              ///< `dc:title`, often the file's name; may be empty
  std::string generator_name;     ///< the program
  std::string generator_version;  ///< may be empty
  SourceType source_type = SourceType::kTrained;
  std::string when;  ///< RFC 3339 in UTC; empty: now
  /// Bytes that the watermark carries; none: no watermark is declared.
  std::optional<std::string> watermark_payload;
  /// `cawg.training-mining`: may others train on it and mine it; none: nothing is said.
  std::optional<bool> training_allowed;
};

/// A P-256 signing key and its certificates: end entity first, then intermediates; no root needed.
struct Credentials {
  std::string chain_pem;
  std::string key_pem;

  /// @throws Error(kIo).
  static Credentials read(const std::filesystem::path& chain, const std::filesystem::path& key);
};

/// What a file's name and bytes allow.
enum class Container { kWav, kFlac, kMp3, kSidecar };
Container container_of(std::string_view file) noexcept;

/// The file with a signed manifest in it, as chunk `C2PA` of a WAV or as ID3v2 frame GEOB of a FLAC
/// or MP3. The audio bytes and the other tags stay; a manifest in it becomes the new one's parent.
/// @throws Error(kUnsupported) for other files, Error(kFormat) when the file or the manifest in it
/// cannot be used, Error(kInvalidArgument) when the credentials do not fit.
std::string sign(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials);

/// The manifest store for any file, to be kept beside it. @throws as `sign`.
std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials);

/// `sign` from file to file; for a file that cannot hold a manifest, a copy and a sidecar.
/// Each file appears whole or not at all, the sidecar first.
/// @returns the file that holds the manifest. @throws also Error(kIo), Error(kOutput).
std::filesystem::path sign_file(const std::filesystem::path& in, const std::filesystem::path& out,
                                const Disclosure& disclosure, const Credentials& credentials,
                                bool overwrite = false);

/// Where the sidecar of a file is: the same name with extension `.c2pa`.
std::filesystem::path sidecar_path(const std::filesystem::path& file);

/// Verdict on the manifest, in the words of the C2PA specification.
enum class State {
  kNone,     ///< no manifest
  kInvalid,  ///< a check failed: the audio or the manifest was changed, or it was never right
  kValid,    ///< intact, but nobody vouches for the signer
  kTrusted,  ///< intact, and signed under one of the trust anchors
};
const char* state_name(State state) noexcept;  ///< "none", "invalid", "valid", "trusted"

/// One finding. `code` is C2PA's, e.g. "assertion.dataHash.mismatch".
struct Status {
  std::string code;
  std::string url;  ///< JUMBF URI of what was looked at
  std::string explanation;
};

struct Action {
  std::string name;                 ///< e.g. "c2pa.created"
  std::string digital_source_type;  ///< IPTC URI; may be empty
  std::string software_agent;       ///< may be empty
  std::string when;                 ///< as written; may be empty
};

struct SoftBinding {
  std::string algorithm;
  std::string value;  ///< decoded bytes
};

struct Report {
  State state = State::kNone;
  std::string manifest;  ///< label of the active manifest
  std::string title;
  std::string claim_generator;  ///< name, blank, version
  std::string signer;           ///< organisation and common name of the end-entity certificate
  std::vector<Action> actions;
  std::vector<SoftBinding> soft_bindings;
  std::vector<std::string> ingredients;  ///< labels of the manifests it builds on
  std::vector<Status> success, informational, failure;

  /// Whether one of the findings has that code.
  bool has(std::string_view code) const;
};

/// Whom to believe.
struct Trust {
  std::string anchors_pem;             ///< root (or issuing) certificates; empty: nobody
  std::optional<std::int64_t> time_s;  ///< Unix time of the check; none: now
};

/// Judges the manifest in a file. Never throws for what the file holds.
Report verify(std::string_view file, const Trust& trust);
/// Judges a manifest store against the file it was made for.
Report verify_sidecar(std::string_view file, std::string_view store, const Trust& trust);
/// `verify`, or `verify_sidecar` when the file holds no manifest and a sidecar is there.
/// @throws Error(kIo) when a file cannot be read.
Report verify_file(const std::filesystem::path& file, const Trust& trust);

/// A root and an end-entity certificate for tests, in an existing folder: root.pem (give it to
/// `Trust`), chain.pem and signing.key (mode 0600). The root's key is forgotten.
/// @throws Error(kOutput) also when one of them exists.
void make_test_ca(const std::filesystem::path& folder, const std::string& organization,
                  int days = 365);

}  // namespace brandiron::watermark::c2pa
