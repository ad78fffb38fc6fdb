#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/audio/tags.h"
#include "brandiron/core/disclosure.h"

/// Disclosure as text tags: what a program finds that knows neither watermarks nor C2PA.
namespace brandiron {

/// What a file should be tagged with: TITLE, ARTIST, COMMENT (a sentence for people),
/// AI_GENERATED, DIGITALSOURCETYPE, GENERATOR, PROVIDER, CREATED, DATE, CONTENT_ID, PERSONA,
/// WATERMARK, WATERMARK_PAYLOAD, AIGC (the JSON of China's GB 45438-2025, after secondary sources),
/// AI_VOCALS, AI_INSTRUMENTATION, AI_COMPOSITION, AI_POST_PRODUCTION, AI_LYRICS, AI_CREDITS (the
/// five again as JSON), and `more_tags`. Empty facts and unstated roles make no tag.
Tags disclosure_tags(const DisclosureFacts& facts);

/// The same as a file should get them that has tags already: its comment stays before ours, its
/// date stays.
Tags disclosure_tags(const DisclosureFacts& facts, const Tags& existing);

/// The bytes of an audio file with them in it; `name` stands for the file. @throws as `with_tags`.
std::string with_disclosure_tags(std::string_view file, const DisclosureFacts& facts,
                                 const std::string& name);

/// The JSON under AIGC. `label`: "1" is, "2" may be, "3" is suspected to be AI-made.
struct Aigc {
  std::string label;
  std::string content_producer, produce_id, reserved_code1;
  std::string content_propagator, propagate_id, reserved_code2;
};

/// What a file's tags say about the system that made it, and nothing about people. Every text comes
/// from a stranger's file: it is UTF-8 of at most 256 bytes without control characters.
struct TagDisclosure {
  bool ai_generated = false;
  std::string digital_source_type;        ///< IPTC URI, as written
  std::optional<SourceType> source_type;  ///< when it is one of ours
  std::string provider, generator, created, content_id, persona;
  std::string watermark_scheme, watermark_payload;
  AiCredits credits;
  std::optional<Aigc> aigc;  ///< as far as it could be read
  /// What is missing, malformed or in contradiction, one line each; empty: nothing is.
  std::vector<std::string> problems;
};

/// None when no tag claims or denies that a machine made the audio.
std::optional<TagDisclosure> read_disclosure_tags(const Tags& tags);

}  // namespace brandiron
