#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/disclosure.h"
#include "brandiron/core/disclosure_tags.h"
#include "brandiron/watermark/c2pa.h"
#include "brandiron/watermark/notice.h"
#include "brandiron/watermark/registry.h"
#include "brandiron/watermark/watermark.h"

/// Every disclosure layer of a file at once: watermark, tags, signed manifest, audible notice; each
/// names the others, so that what survives leads back to what was lost.
namespace brandiron::watermark {

/// Which layers are written, in the order in which they are.
struct Layers {
  bool audible = false;
  bool watermark = true;
  bool tags = true;
  bool manifest = true;
};
/// From "watermark,tags,c2pa,audible". @throws Error(kInvalidArgument) listing those.
Layers layers_from_names(const std::string& names);

/// Whose list of duties: the EU's AI Act with its Code of Practice, California's AI Transparency
/// Act, China's labelling measures with GB 45438-2025, the music trade's AI credits.
enum class Profile { kEu, kCalifornia, kChina, kDdex };
const char* profile_name(Profile profile) noexcept;  ///< "eu", "ca", "cn", "ddex"
/// From "eu,ca". @throws Error(kInvalidArgument) listing them.
std::vector<Profile> profiles_from_names(const std::string& names);
/// The layers that the profiles ask for.
Layers layers_for(const std::vector<Profile>& profiles);

/// The last two steps of a publication.
struct SealOptions {
  std::optional<c2pa::Credentials> credentials;  ///< none: no manifest
  Registry* registry = nullptr;                  ///< logged there before the file appears
};

struct DiscloseOptions {
  Layers layers;
  /// `facts.mark` is filled in; an empty `created` and `content_id` are too.
  DisclosureFacts facts;
  EmbedOptions embed;
  SealOptions seal;              ///< credentials are needed when the manifest layer is on
  std::optional<Notice> notice;  ///< Morse when the audible layer is on and none is given
  bool notice_at_end = false;    ///< also after the music
  WriteOptions write;
};

struct DiscloseReport {
  std::filesystem::path file, manifest_file;  ///< the latter differs for a sidecar; "" without one
  MarkRecord mark;
  EmbedReport embed;
  bool kept_mark = false;      ///< the input carried this key's mark already: nothing was added
  bool kept_manifest = false;  ///< the input's manifest became the new one's parent
  bool reencoded = true;       ///< false: the audio's bytes are the input's
  double notice_s = 0;         ///< length of what was put before the music
  std::string sha256;          ///< of the finished file
  std::string content_id, created;
  std::int64_t registry_sequence = 0;  ///< 0 without a registry
  double mark_s = 0, other_s = 0;      ///< CPU seconds: the mark with its file I/O; the rest
  std::vector<std::string> warnings;
};

/// Writes `out` with the chosen layers; it appears whole or not at all (a sidecar just before it).
/// `key` may be null when the watermark layer is off. Without a payload that of a mark which is
/// there already is kept, and else a random one is drawn. Tags, pictures and manifests of `in` are
/// kept. Audio is decoded and encoded again only where the mark, a notice or another format ask for
/// it.
/// @throws Error(kInvalidArgument) for options that do not fit, and when `in` carries another
/// payload under this key; Error as embed_file, write_tags and c2pa::sign.
DiscloseReport disclose_file(const std::filesystem::path& in, const std::filesystem::path& out,
                             const Key* key, std::optional<std::uint64_t> payload,
                             const DiscloseOptions& options);

/// Joins these layers to the generator's one exit: marks as `marker` does, then signs and logs.
std::unique_ptr<Marker> make_discloser(std::unique_ptr<Marker> marker, SealOptions options);

// Checking
// -------------------------------------------------------------------------------------------

/// What became of one duty.
enum class Outcome {
  kPass,
  kFail,
  kUnknown,        ///< could not be looked at: no key, no registry
  kNotApplicable,  ///< asks nothing of this file
};
const char* outcome_name(Outcome outcome) noexcept;  ///< "pass", "fail", "unknown", "n/a"

struct Duty {
  Profile profile = Profile::kEu;
  std::string id;      ///< e.g. "eu.watermark"
  std::string clause;  ///< e.g. "Code of Practice, measure 1.1.2"
  std::string asks;    ///< one sentence
  Outcome outcome = Outcome::kUnknown;
  std::string why;  ///< what was found, or what is missing and how to add it
  bool optional = false;
};

/// What the mark's payload and the audio say together (see registry.h).
struct BindingVerdict {
  bool looked_up = false;  ///< a registry was given
  Binding verdict = Binding::kNoMark;
  std::string explanation;
};

struct CheckOptions {
  std::vector<Key> keys;  ///< none: the mark is not looked for
  VerifyOptions verify;
  c2pa::Trust trust;
  std::vector<Profile> profiles = {Profile::kEu};
  Registry* registry = nullptr;
};

/// One verdict a layer, and the duties they answer.
struct DisclosureCheck {
  std::string file;
  bool mark_sought = false;
  Verdict mark;
  c2pa::Report manifest;
  bool sidecar = false;
  std::optional<TagDisclosure> tags;  ///< none: the tags say nothing of AI
  NoticeFound notice_start, notice_end;
  BindingVerdict binding;
  bool layers_agree = true;           ///< no two layers contradict each other
  std::vector<std::string> findings;  ///< contradictions, in words
  std::vector<Duty> duties;

  bool passes() const;  ///< no duty that is not optional fails
};

/// Looks at everything. Reads the audio once. @throws Error(kIo), Error(kFormat) when the file
/// cannot be read as audio.
DisclosureCheck check_file(const std::filesystem::path& file, const CheckOptions& options);

/// `recover` for a file: reads its marks and its sound. @throws Error as verify_file and Registry.
Recovery recover_file(const std::filesystem::path& file, const std::vector<Key>& keys,
                      const Registry& registry);

/// The `brandiron.disclosure/1` object: system provenance only; tags and certificates' personal
/// fields are withheld.
std::string check_json(const DisclosureCheck& check);
std::string check_text(const DisclosureCheck& check);

}  // namespace brandiron::watermark
