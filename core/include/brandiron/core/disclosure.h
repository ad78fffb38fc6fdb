#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/marker.h"

/// What a published file says about how it was made, whichever layer says it: tags, a signed
/// manifest, a watermark's payload.
namespace brandiron {

/// IPTC's digital source types that fit made audio (cv.iptc.org/newscodes/digitalsourcetype).
enum class SourceType {
  kTrained,    ///< trainedAlgorithmicMedia: made by a trained model
  kComposite,  ///< compositeWithTrainedAlgorithmicMedia: a mix that holds such parts
  kRules,      ///< algorithmicMedia: made by rules alone
};
/// The URI that IPTC gives it.
std::string digital_source_type_uri(SourceType type);
/// "trained", "composite" or "rules". @throws Error(kInvalidArgument) listing those.
SourceType source_type_from_name(const std::string& name);
const char* source_type_name(SourceType type) noexcept;

/// How much of one role a machine did.
enum class AiShare { kUnstated, kNone, kPartial, kFull };
const char* ai_share_name(AiShare share) noexcept;  ///< "unstated", "none", "partial", "full"
/// @throws Error(kInvalidArgument) listing none, partial and full.
AiShare ai_share_from_name(const std::string& name);

/// The five roles of the music trade's AI credits, under neutral names.
struct AiCredits {
  AiShare vocals = AiShare::kUnstated;
  AiShare instrumentation = AiShare::kUnstated;
  AiShare composition = AiShare::kUnstated;
  AiShare post_production = AiShare::kUnstated;
  AiShare lyrics = AiShare::kUnstated;
  bool operator==(const AiCredits&) const = default;
};

/// Everything the layers say. Texts are UTF-8; empty ones are left out.
struct DisclosureFacts {
  std::string title;
  std::string artist;          ///< the act's name as published; never a real person's by our doing
  std::string provider;        ///< who offers the system: a company or project, no private person
  std::string system;          ///< the program that made the audio
  std::string system_version;  ///< may be empty
  std::string created;         ///< RFC 3339 in UTC, whole seconds
  std::string content_id;      ///< UUID of this piece, lower case
  std::string persona;         ///< id/version of a fictional singer
  SourceType source_type = SourceType::kTrained;
  AiCredits credits;
  MarkRecord mark;  ///< not present: no watermark is declared
  /// Further text tags, such as the generator's seed.
  std::vector<std::pair<std::string, std::string>> more_tags;
};

/// Now, as `DisclosureFacts::created` wants it.
std::string utc_now();
/// A fresh UUID of version 7 (RFC 9562): time-ordered, 74 random bits.
std::string new_content_id();
/// The UUID of version 8 that stands for a SHA-256 in hex: a pure function of it, for pieces that
/// come out the same whenever they are made. @throws Error(kInvalidArgument) under 32 hex digits.
std::string content_id_from_hash(const std::string& sha256_hex);

}  // namespace brandiron
