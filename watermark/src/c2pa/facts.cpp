#include "facts.h"

#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/hash.h"
#include "brandiron/core/version.h"
#include "brandiron/watermark/c2pa.h"

namespace brandiron::watermark::c2pa {
namespace {

using Entries = std::vector<std::pair<std::string, Cbor>>;

struct TextField {
  const char* key;
  std::string DisclosureFacts::*value;
};
constexpr TextField kTexts[] = {{"provider", &DisclosureFacts::provider},
                                {"system", &DisclosureFacts::system},
                                {"systemVersion", &DisclosureFacts::system_version},
                                {"contentId", &DisclosureFacts::content_id},
                                {"persona", &DisclosureFacts::persona}};

struct Role {
  const char* key;
  AiShare AiCredits::*share;
};
constexpr Role kRoles[] = {{"vocals", &AiCredits::vocals},
                           {"instrumentation", &AiCredits::instrumentation},
                           {"composition", &AiCredits::composition},
                           {"postProduction", &AiCredits::post_production},
                           {"lyrics", &AiCredits::lyrics}};

struct MarkField {
  const char* key;
  std::string MarkRecord::*value;
};
constexpr MarkField kMarkTexts[] = {{"scheme", &MarkRecord::scheme},
                                    {"keyFingerprint", &MarkRecord::key_fingerprint},
                                    {"payload", &MarkRecord::payload_hex}};

void add_text(Entries& entries, const char* key, const std::string& value) {
  if (!value.empty()) entries.emplace_back(key, Cbor::text(value));
}

AiShare share_named(const std::string& name) {
  for (const AiShare share : {AiShare::kNone, AiShare::kPartial, AiShare::kFull}) {
    if (name == ai_share_name(share)) return share;
  }
  return AiShare::kUnstated;
}

}  // namespace

bool has_facts(const DisclosureFacts& facts) {
  return !facts.provider.empty() || !facts.system.empty() || !facts.content_id.empty();
}

Cbor facts_to_cbor(const DisclosureFacts& facts) {
  Entries entries;
  for (const TextField& field : kTexts) add_text(entries, field.key, facts.*field.value);
  if (!facts.created.empty()) {
    entries.emplace_back("created", Cbor::tag(0, Cbor::text(facts.created)));
  }
  add_text(entries, "digitalSourceType", digital_source_type_uri(facts.source_type));
  Entries credits;
  for (const Role& role : kRoles) {
    const AiShare share = facts.credits.*role.share;
    if (share != AiShare::kUnstated) add_text(credits, role.key, ai_share_name(share));
  }
  if (!credits.empty()) entries.emplace_back("aiCredits", Cbor::record(std::move(credits)));
  if (facts.mark.present) {
    Entries mark;
    for (const MarkField& field : kMarkTexts) add_text(mark, field.key, facts.mark.*field.value);
    entries.emplace_back("watermark", Cbor::record(std::move(mark)));
  }
  return Cbor::record(std::move(entries));
}

DisclosureFacts facts_from_cbor(const Cbor& content) {
  DisclosureFacts facts;
  for (const TextField& field : kTexts) facts.*field.value = content.text_of(field.key);
  const Cbor* created = content.find("created", Cbor::Kind::kTag);
  if (created != nullptr && created->items().front().is(Cbor::Kind::kText)) {
    facts.created = created->items().front().string();
  }
  for (const SourceType type : {SourceType::kTrained, SourceType::kComposite, SourceType::kRules}) {
    if (content.text_of("digitalSourceType") == digital_source_type_uri(type)) {
      facts.source_type = type;
    }
  }
  if (const Cbor* credits = content.find("aiCredits", Cbor::Kind::kMap)) {
    for (const Role& role : kRoles) {
      facts.credits.*role.share = share_named(credits->text_of(role.key));
    }
  }
  if (const Cbor* mark = content.find("watermark", Cbor::Kind::kMap)) {
    facts.mark.present = true;
    for (const MarkField& field : kMarkTexts) facts.mark.*field.value = mark->text_of(field.key);
  }
  return facts;
}

Disclosure disclosure_of(const DisclosureFacts& facts) {
  Disclosure disclosure;
  disclosure.title = facts.title;
  disclosure.generator_name = "Brandiron";
  disclosure.generator_version = version();
  disclosure.source_type = facts.source_type;
  disclosure.when = facts.created;
  if (facts.mark.present) disclosure.watermark_payload = from_hex(facts.mark.payload_hex);
  disclosure.facts = facts;
  return disclosure;
}

}  // namespace brandiron::watermark::c2pa
