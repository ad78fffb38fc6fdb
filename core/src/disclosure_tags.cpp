#include "brandiron/core/disclosure_tags.h"

#include <nlohmann/json.hpp>

namespace brandiron {
namespace {

constexpr std::size_t kDateChars = 10;

std::string generator(const DisclosureFacts& facts) {
  return facts.system_version.empty() ? facts.system : facts.system + " " + facts.system_version;
}

// Free of the marks that end a field in bext.
std::string sentence(const DisclosureFacts& facts) {
  std::string text = facts.source_type == SourceType::kComposite ? "Contains AI-generated parts"
                                                                 : "AI-generated audio";
  if (!generator(facts).empty()) text += ", made with " + generator(facts);
  if (!facts.provider.empty()) text += " (" + facts.provider + ")";
  if (!facts.persona.empty()) text += "; the artist is fictional";
  return text;
}

// Why these seven: GB 45438-2025, annex E, as reported by secondary sources. Label 1: we know.
std::string aigc_json(const DisclosureFacts& facts) {
  const nlohmann::ordered_json json = {
      {"Label", "1"},        {"ContentProducer", facts.provider}, {"ProduceID", facts.content_id},
      {"ReservedCode1", ""}, {"ContentPropagator", ""},           {"PropagateID", ""},
      {"ReservedCode2", ""}};
  return json.dump();
}

void add_credits(const AiCredits& credits, Tags& tags) {
  nlohmann::ordered_json json;
  const auto add = [&](const char* role, const char* key, AiShare share) {
    if (share == AiShare::kUnstated) return;
    tags.emplace_back(key, ai_share_name(share));
    json[role] = ai_share_name(share);
  };
  add("vocals", "AI_VOCALS", credits.vocals);
  add("instrumentation", "AI_INSTRUMENTATION", credits.instrumentation);
  add("composition", "AI_COMPOSITION", credits.composition);
  add("post_production", "AI_POST_PRODUCTION", credits.post_production);
  add("lyrics", "AI_LYRICS", credits.lyrics);
  if (!json.empty()) tags.emplace_back("AI_CREDITS", json.dump());
}

}  // namespace

Tags disclosure_tags(const DisclosureFacts& facts) {
  Tags tags;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) tags.emplace_back(key, value);
  };
  add("TITLE", facts.title);
  add("ARTIST", facts.artist);
  add("COMMENT", sentence(facts));
  add("AI_GENERATED", "true");
  add("DIGITALSOURCETYPE", digital_source_type_uri(facts.source_type));
  add("GENERATOR", generator(facts));
  add("PROVIDER", facts.provider);
  add("CREATED", facts.created);
  add("DATE", facts.created.substr(0, kDateChars));
  add("CONTENT_ID", facts.content_id);
  add("PERSONA", facts.persona);
  if (facts.mark.present) {
    add("WATERMARK", facts.mark.scheme);
    add("WATERMARK_PAYLOAD", facts.mark.payload_hex);
  }
  add("AIGC", aigc_json(facts));
  add_credits(facts.credits, tags);
  for (const auto& [key, value] : facts.more_tags) {
    if (!tag_values(tags, key).empty()) continue;  // never a second story under the same name
    tags.emplace_back(key, value);
  }
  return tags;
}

Tags disclosure_tags(const DisclosureFacts& facts, const Tags& existing) {
  Tags tags = disclosure_tags(facts);
  const std::string date = tag_value(existing, "DATE");
  const std::string comment = tag_value(existing, "COMMENT");
  for (auto& [key, value] : tags) {
    if (key == "DATE" && !date.empty()) value = date;
    if (key != "COMMENT" || comment.empty()) continue;
    value = comment.find(value) == std::string::npos ? comment + " | " + value : comment;
  }
  return tags;
}

std::string with_disclosure_tags(std::string_view file, const DisclosureFacts& facts,
                                 const std::string& name) {
  return with_tags(file, disclosure_tags(facts, read_tags_bytes(file, name)), name);
}

}  // namespace brandiron
