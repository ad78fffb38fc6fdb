#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/disclosure.h"

/// Signed provenance: C2PA manifests (specification 2.2, and the watermark actions of 2.3) for WAV
/// with RF64, FLAC and MP3, and as sidecar files for everything else. A manifest says who made the
/// audio and how, and names the watermark that leads back to it when a platform strips it.
namespace brandiron::watermark::c2pa {

/// Our name in `c2pa.soft-binding` assertions.
inline constexpr std::string_view kSoftBindingAlgorithm = "io.github.brandiron.lf.1";

/// Label of our own assertion, which says what California's list asks for: provider, system and its
/// version, time, content id; also the AI credits and the watermark's scheme.
inline constexpr std::string_view kDisclosureLabel = "io.github.brandiron.disclosure";

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
  /// Our own assertion; empty texts are left out, and all of it when no provider, system or content
  /// id is given. Its artist and tags go into no manifest, its title and time are those above.
  DisclosureFacts facts = {};
};

/// What a manifest says of these facts, signed by this build of Brandiron.
/// @throws Error(kInvalidArgument) when the mark's payload is no hex.
Disclosure disclosure_of(const DisclosureFacts& facts);

/// How claims are signed.
enum class Algorithm { kEs256, kEs384, kEs512, kPs256, kPs384, kPs512, kEd25519 };

/// A signing key and its certificates: end entity first, then intermediates; no root needed.
struct Credentials {
  std::string chain_pem;
  std::string key_pem;  ///< without a pass phrase; not looked at when there is a `signer`

  /// Signs with a key that lives elsewhere: hardware or a service. Gets the bytes to be signed (not
  /// their hash) and returns the signature, raw or DER; it is checked before use.
  std::function<std::string(std::string_view to_be_signed)> signer = {};
  /// None: what the key calls for, ES256 for P-256, PS256 for RSA and so on.
  std::optional<Algorithm> algorithm = {};
  /// Sends a TimeStampReq (RFC 3161, DER) and returns the TimeStampResp; none: no time stamp.
  /// Called once, or twice when the stamp is over 6 kB.
  std::function<std::string(const std::string& request_der)> time_stamp = {};

  /// Whether they can sign, before any work is done. @throws Error(kFormat) for what cannot be
  /// read, Error(kInvalidArgument) for what does not fit together.
  void check() const;

  /// @throws Error(kIo).
  static Credentials read(const std::filesystem::path& chain, const std::filesystem::path& key);
};

/// What a file's name and bytes allow.
enum class Container { kWav, kFlac, kMp3, kSidecar };
Container container_of(std::string_view file) noexcept;

/// The file with a signed manifest in it, as chunk `C2PA` of a WAV or as ID3v2 frame GEOB of a FLAC
/// or MP3. The audio bytes and the other tags stay; a manifest in it becomes the new one's parent,
/// broken or not: what was found wrong with it is recorded.
/// @throws Error(kUnsupported) for other files, Error(kFormat) when the file or its tags cannot be
/// used, Error(kInvalidArgument) when the credentials do not fit.
std::string sign(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials);

/// A manifest store that is to become the parent of a new manifest, and what was found wrong with
/// it where it was.
struct ParentManifest;

/// The manifest store for any file, to be kept beside it. @throws as `sign`.
std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials);
/// The same over the store that was beside it until now.
std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials, const ParentManifest& parent);

/// `sign` from file to file; for a file that cannot hold a manifest, a copy and a sidecar. A
/// sidecar of `in` becomes the parent when `in` itself holds no manifest. The file is mapped and
/// streamed, never held in memory. Each file appears whole or not at all, the sidecar first.
/// @returns the file that holds the manifest. @throws also Error(kIo), Error(kOutput).
std::filesystem::path sign_file(const std::filesystem::path& in, const std::filesystem::path& out,
                                const Disclosure& disclosure, const Credentials& credentials,
                                bool overwrite = false);

/// `sign` for a file that nobody sees yet, such as `AtomicFile::path()`: its owner's commit shows
/// it and makes it durable. A WAV grows at its end; others are replaced in one step.
/// @returns the SHA-256 of the file, in hex.
/// @throws as `sign`, Error(kIo), Error(kOutput).
std::string sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                          const Credentials& credentials);
/// The same over an older manifest that is not in the file any more, for its audio was decoded and
/// encoded again; one in the file wins.
std::string sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                          const Credentials& credentials, const ParentManifest& parent);

/// The manifest store in a file or, when it holds none, in its sidecar; empty without either.
/// @throws Error(kIo), Error(kFormat) when the file holds a store that cannot be located.
std::string read_store(const std::filesystem::path& file);

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

/// A manifest that another one builds on. It was checked itself, but for its binding to the bytes
/// that it was made for, which are gone.
struct Ingredient {
  std::string manifest;  ///< label; empty when it has none
  std::string title;
  std::string signer;
  State state = State::kNone;
  /// What is wrong with it. What the manifest that builds on it says as well counts against
  /// nobody; the rest makes that one invalid.
  std::vector<Status> failure;
};

/// A time that an authority vouches for.
struct TimeStamp {
  std::string when;       ///< RFC 3339 in UTC
  std::string authority;  ///< organisation and common name
  bool trusted = false;
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
  std::vector<Ingredient> parents;       ///< what was found in those, and in theirs
  /// Our own assertion: title, provider, system and version, created, content id, persona, credits,
  /// source type, mark.
  std::optional<DisclosureFacts> facts;
  std::optional<TimeStamp> time_stamp;  ///< an intact one
  std::vector<Status> success, informational, failure;

  /// Whether one of the findings has that code.
  bool has(std::string_view code) const;
};

struct ParentManifest {
  std::string store;  ///< empty: there is none
  Report report;

  ParentManifest() = default;
  /// Judged by itself, without the bytes that it was made for. Not explicit: a store says all.
  ParentManifest(std::string_view store_bytes);
  /// What a file holds, or the sidecar beside it, judged with that file: what is wrong with it is
  /// recorded in the new manifest. @throws as `read_store`.
  static ParentManifest of_file(const std::filesystem::path& file);
};

/// Whom to believe.
struct Trust {
  std::string anchors_pem;             ///< root (or issuing) certificates; empty: nobody
  std::optional<std::int64_t> time_s;  ///< Unix time of the check; none: now
  /// Roots of time-stamping authorities, beside those above.
  std::string time_stamp_anchors_pem = {};
};

/// Judges the manifest in a file. Never throws for what the file holds.
Report verify(std::string_view file, const Trust& trust);
/// Judges a manifest store against the file it was made for.
Report verify_sidecar(std::string_view file, std::string_view store, const Trust& trust);
/// `verify`, or `verify_sidecar` when the file holds no manifest and a sidecar is there: what
/// travels in the file is the file's, and a sidecar is found by its name alone.
/// @throws Error(kIo) when a file cannot be read.
Report verify_file(const std::filesystem::path& file, const Trust& trust);

struct TestCaOptions {
  Algorithm algorithm = Algorithm::kEs256;  ///< of the signing key
  bool intermediate = false;  ///< the root vouches for an issuing certificate, and that for the key
  bool time_stamping = false;  ///< also tsa.pem and tsa.key, of an authority under the same root
};

/// A root and an end-entity certificate for tests, in an existing folder: root.pem (give it to
/// `Trust`), chain.pem and signing.key. Keys have mode 0600; those of root and issuer are
/// forgotten. @throws Error(kOutput) also when one of the files exists.
void make_test_ca(const std::filesystem::path& folder, const std::string& organization,
                  int days = 365, const TestCaOptions& options = {});

}  // namespace brandiron::watermark::c2pa
