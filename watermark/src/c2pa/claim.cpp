#include "claim.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "cbor.h"
#include "facts.h"
#include "jumbf.h"
#include "utf8.h"

namespace brandiron::watermark::c2pa {
namespace {

// Of each kind that are written down about a parent.
constexpr std::size_t kMaxStatuses = 64;
constexpr std::size_t kPadBytes = 16;

using Entries = std::vector<std::pair<std::string, Cbor>>;

// RFC 9562, version 4.
std::string random_uuid() {
  std::string bytes = secure_random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::string sha256(std::string_view bytes) { return from_hex(sha256_hex(bytes)); }

// A box's payload is what a hashed URI covers: all but the eight bytes of its header.
Cbor hashed_uri(const std::string& url, std::string_view payload) {
  return Cbor::record({{"url", Cbor::text(url)}, {"hash", Cbor::bytes(sha256(payload))}});
}

std::string assertion_url(const std::string& label) {
  return "self#jumbf=c2pa.assertions/" + label;
}

Cbor statuses(const std::vector<Status>& found) {
  std::vector<Cbor> items;
  for (const Status& status : found) {
    if (items.size() >= kMaxStatuses) break;
    Entries entry{{"code", Cbor::text(status.code)}};
    if (!status.url.empty()) entry.emplace_back("url", Cbor::text(status.url));
    if (!status.explanation.empty()) {
      entry.emplace_back("explanation", Cbor::text(status.explanation));
    }
    items.push_back(Cbor::record(std::move(entry)));
  }
  return Cbor::array(std::move(items));
}

Cbor validation_results(const Report& report) {
  return Cbor::record(
      {{"activeManifest", Cbor::record({{"success", statuses(report.success)},
                                        {"informational", statuses(report.informational)},
                                        {"failure", statuses(report.failure)}})}});
}

std::string cbor_box(const std::string& label, const Cbor& content) {
  return write_superbox("cbor", label, write_box("cbor", content.encode()));
}

}  // namespace

bool can_be_kept(const Parent& parent) {
  const auto readable = [](const std::vector<Status>& failures) {
    return std::none_of(failures.begin(), failures.end(), [](const Status& status) {
      constexpr const char* kUnreadable[] = {"general.error",          "claim.missing",
                                             "claim.multiple",         "claim.cbor.invalid",
                                             "claim.malformed",        "assertion.cbor.invalid",
                                             "claimSignature.missing", "claimSignature.malformed",
                                             "ingredient.malformed"};
      return std::find(std::begin(kUnreadable), std::end(kUnreadable), status.code) !=
             std::end(kUnreadable);
    });
  };
  return !parent.report.manifest.empty() && readable(parent.report.failure) &&
         std::all_of(parent.report.parents.begin(), parent.report.parents.end(),
                     [&](const Ingredient& older) { return readable(older.failure); });
}

ClaimBuilder::ClaimBuilder(const Disclosure& disclosure, const Parent* parent)
    : label_("urn:c2pa:" + random_uuid()),
      instance_id_("xmp.iid:" + random_uuid()),
      title_(disclosure.title),
      generator_name_(disclosure.generator_name),
      generator_version_(disclosure.generator_version) {
  if (generator_name_.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "C2PA: no generator name, expected the program's");
  }
  Disclosure made = disclosure;
  if (made.when.empty()) made.when = utc_now();
  made.facts.created = made.when;
  made.facts.source_type = made.source_type;
  for (const std::string& text :
       {title_, generator_name_, generator_version_, made.when, made.facts.provider,
        made.facts.system, made.facts.system_version, made.facts.content_id, made.facts.persona,
        made.facts.mark.scheme, made.facts.mark.key_fingerprint, made.facts.mark.payload_hex}) {
    if (!is_utf8(text)) throw Error(ErrorCode::kInvalidArgument, "C2PA: a text is not UTF-8");
  }
  if (parent != nullptr) add_parent(*parent);
  if (made.watermark_payload) add_soft_binding(*made.watermark_payload);
  add_actions(made);
  if (has_facts(made.facts)) add(std::string(kDisclosureLabel), facts_to_cbor(made.facts));
  if (made.training_allowed) add_training(*made.training_allowed);
}

const ClaimBuilder::Assertion& ClaimBuilder::add(const std::string& label, const Cbor& content) {
  assertions_.push_back({label, cbor_box(label, content)});
  return assertions_.back();
}

void ClaimBuilder::add_parent(const Parent& parent) {
  Entries entries{{"relationship", Cbor::text("parentOf")}};
  if (!parent.report.title.empty()) {
    entries.emplace_back("dc:title", Cbor::text(parent.report.title));
  }
  if (can_be_kept(parent)) {
    const Box store = parse_jumbf(parent.store);
    const Box* active = nullptr;
    for (const Box& box : store.children) {
      old_manifests_.append(box.whole);
      if (box.is_super()) active = &box;
    }
    const std::string url = "self#jumbf=/c2pa/" + active->label;
    const Box* signature = active->child("c2pa.signature");
    entries.emplace_back("activeManifest", hashed_uri(url, active->payload));
    entries.emplace_back("claimSignature", hashed_uri(url + "/c2pa.signature", signature->payload));
    entries.emplace_back("validationResults", validation_results(parent.report));
  } else {
    entries.emplace_back("description",
                         Cbor::text("The file held a manifest that could not be read."));
  }
  add("c2pa.ingredient.v3", Cbor::record(std::move(entries)));
}

void ClaimBuilder::add_soft_binding(const std::string& payload) {
  const Cbor block = Cbor::record({{"scope", Cbor::map({})}, {"value", Cbor::bytes(payload)}});
  add("c2pa.soft-binding", Cbor::record({{"alg", Cbor::text(std::string(kSoftBindingAlgorithm))},
                                         {"blocks", Cbor::array({block})}}));
}

void ClaimBuilder::add_training(bool allowed) {
  const Cbor use = Cbor::record({{"use", Cbor::text(allowed ? "allowed" : "notAllowed")}});
  Entries entries;
  for (const char* name : {"cawg.ai_generative_training", "cawg.ai_training", "cawg.ai_inference",
                           "cawg.data_mining"}) {
    entries.emplace_back(name, use);
  }
  add("cawg.training-mining", Cbor::record({{"entries", Cbor::record(entries)}}));
}

void ClaimBuilder::add_actions(const Disclosure& disclosure) {
  const Cbor when = Cbor::tag(0, Cbor::text(disclosure.when));
  const bool has_system = !disclosure.facts.system.empty();
  const auto& version = has_system ? disclosure.facts.system_version : generator_version_;
  Entries agent{{"name", Cbor::text(has_system ? disclosure.facts.system : generator_name_)}};
  if (!version.empty()) agent.emplace_back("version", Cbor::text(version));
  Entries made{{"when", when},
               {"softwareAgent", Cbor::record(agent)},
               {"digitalSourceType", Cbor::text(digital_source_type_uri(disclosure.source_type))}};
  const auto link_to = [this](const char* label) -> std::optional<Cbor> {
    for (const Assertion& assertion : assertions_) {
      if (assertion.label != label) continue;
      return hashed_uri(assertion_url(label), std::string_view(assertion.box).substr(8));
    }
    return std::nullopt;
  };
  std::vector<Cbor> actions;
  if (const auto link = link_to("c2pa.ingredient.v3")) {
    actions.push_back(
        Cbor::record({{"action", Cbor::text("c2pa.opened")},
                      {"when", when},
                      {"parameters", Cbor::record({{"ingredients", Cbor::array({*link})}})}}));
    made.emplace_back("action", Cbor::text("c2pa.edited"));
  } else {
    made.emplace_back("action", Cbor::text("c2pa.created"));
  }
  actions.push_back(Cbor::record(std::move(made)));
  if (const auto link = link_to("c2pa.soft-binding")) {
    actions.push_back(Cbor::record(
        {{"action", Cbor::text("c2pa.watermarked.bound")},
         {"when", when},
         {"parameters", Cbor::record({{"relatedAssertions", Cbor::array({*link})}})}}));
  }
  add("c2pa.actions.v2", Cbor::record({{"actions", Cbor::array(std::move(actions))},
                                       {"allActionsIncluded", Cbor::boolean(true)}}));
}

std::string ClaimBuilder::store(const std::vector<Exclusion>& exclusions,
                                const std::string& data_hash, CoseSigner& signer, bool sign) const {
  std::vector<Cbor> ranges;
  for (const Exclusion& range : exclusions) {
    ranges.push_back(
        Cbor::record({{"start", Cbor::integer(static_cast<std::int64_t>(range.start))},
                      {"length", Cbor::integer(static_cast<std::int64_t>(range.length))}}));
  }
  const auto build = [&](std::size_t pad) {
    Entries entries{{"alg", Cbor::text("sha256")},
                    {"hash", Cbor::bytes(data_hash)},
                    {"name", Cbor::text("jumbf manifest")},
                    {"pad", Cbor::bytes(std::string(pad, '\0'))}};
    if (!ranges.empty()) entries.emplace_back("exclusions", Cbor::array(ranges));
    const Cbor content = Cbor::record(std::move(entries));
    return write_superbox(
        "c2pa", "c2pa",
        old_manifests_ + manifest(cbor_box("c2pa.hash.data", content), signer, sign));
  };
  std::string built = build(kPadBytes);
  // RIFF wants even sizes, and a pad byte outside the chunk would be in nobody's hash.
  return built.size() % 2 == 0 ? built : build(kPadBytes + 1);
}

std::string ClaimBuilder::manifest(const std::string& data_hash_assertion, CoseSigner& signer,
                                   bool sign) const {
  std::vector<Cbor> created{
      hashed_uri(assertion_url("c2pa.hash.data"), std::string_view(data_hash_assertion).substr(8))};
  std::string boxes = data_hash_assertion;
  for (const Assertion& assertion : assertions_) {
    created.push_back(
        hashed_uri(assertion_url(assertion.label), std::string_view(assertion.box).substr(8)));
    boxes += assertion.box;
  }
  Entries info{{"name", Cbor::text(generator_name_)}};
  if (!generator_version_.empty()) info.emplace_back("version", Cbor::text(generator_version_));
  Entries claim{{"instanceID", Cbor::text(instance_id_)},
                {"claim_generator_info", Cbor::record(info)},
                {"signature", Cbor::text("self#jumbf=/c2pa/" + label_ + "/c2pa.signature")},
                {"created_assertions", Cbor::array(std::move(created))},
                {"alg", Cbor::text("sha256")}};
  if (!title_.empty()) claim.emplace_back("dc:title", Cbor::text(title_));
  const std::string bytes = Cbor::record(std::move(claim)).encode();
  const std::string signature = sign ? signer.sign(bytes) : signer.placeholder();
  return write_superbox("c2ma", label_,
                        write_superbox("c2as", "c2pa.assertions", boxes) +
                            write_superbox("c2cl", "c2pa.claim.v2", write_box("cbor", bytes)) +
                            write_superbox("c2cs", "c2pa.signature", write_box("cbor", signature)));
}

}  // namespace brandiron::watermark::c2pa
