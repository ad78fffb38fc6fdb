#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/hash.h"

#include "brandiron/watermark/disclose.h"

// What leaves here is about systems, never about persons: artist, composer, free comments and the
// common name of a certificate stay in the file.

namespace brandiron::watermark {
namespace {

using nlohmann::ordered_json;

constexpr const char* kSource = "secondary source";

ordered_json mark_json(const DisclosureCheck& check) {
  if (!check.mark_sought) return {{"verdict", "not sought"}};
  const Verdict& mark = check.mark;
  return {{"verdict", mark.present ? "present" : "none"},
          {"p_value", mark.p_value},
          {"p_threshold", mark.p_threshold},
          {"payload_hex", mark.payload_valid ? ordered_json(payload_hex(mark.payload)) : nullptr},
          {"key_fingerprint", mark.key_fingerprint},
          {"scheme", kScheme},
          {"speed_ratio", mark.speed_ratio},
          {"pitch_ratio", mark.pitch_ratio}};
}

ordered_json codes(const std::vector<c2pa::Status>& statuses) {
  ordered_json list = ordered_json::array();
  for (const c2pa::Status& status : statuses) {
    list.push_back({{"code", status.code}, {"explanation", status.explanation}});
  }
  return list;
}

ordered_json credits_json(const AiCredits& credits) {
  return {{"vocals", ai_share_name(credits.vocals)},
          {"instrumentation", ai_share_name(credits.instrumentation)},
          {"composition", ai_share_name(credits.composition)},
          {"post_production", ai_share_name(credits.post_production)},
          {"lyrics", ai_share_name(credits.lyrics)}};
}

ordered_json manifest_json(const DisclosureCheck& check) {
  const c2pa::Report& report = check.manifest;
  ordered_json out = {{"verdict", c2pa::state_name(report.state)}};
  if (report.state == c2pa::State::kNone) return out;
  ordered_json actions = ordered_json::array(), bindings = ordered_json::array();
  for (const c2pa::Action& action : report.actions) {
    actions.push_back({{"action", action.name},
                       {"digital_source_type", action.digital_source_type},
                       {"software_agent", action.software_agent},
                       {"when", action.when}});
  }
  for (const c2pa::SoftBinding& binding : report.soft_bindings) {
    bindings.push_back({{"algorithm", binding.algorithm}, {"value", to_hex(binding.value)}});
  }
  out.update({{"claim_generator", report.claim_generator},
              {"actions", actions},
              {"soft_bindings", bindings},
              {"ingredients", report.ingredients.size()},
              {"time_stamp", report.time_stamp ? ordered_json(report.time_stamp->when) : nullptr},
              {"failure", codes(report.failure)},
              {"informational", codes(report.informational)}});
  if (const auto& facts = report.facts) {
    out.update({{"provider", facts->provider},
                {"system", facts->system},
                {"system_version", facts->system_version},
                {"created", facts->created},
                {"content_id", facts->content_id},
                {"credits", credits_json(facts->credits)}});
  }
  return out;
}

ordered_json tags_json(const DisclosureCheck& check) {
  if (!check.tags) return {{"verdict", "none"}};
  const TagDisclosure& tags = *check.tags;
  ordered_json out = {{"verdict", tags.problems.empty() ? "well-formed" : "problems"},
                      {"ai_generated", tags.ai_generated},
                      {"digital_source_type", tags.digital_source_type},
                      {"provider", tags.provider},
                      {"system", tags.generator},
                      {"created", tags.created},
                      {"content_id", tags.content_id},
                      {"payload_hex", tags.watermark_payload},
                      {"credits", credits_json(tags.credits)}};
  if (tags.aigc) {
    out["aigc"] = {{"label", tags.aigc->label},
                   {"content_producer", tags.aigc->content_producer},
                   {"produce_id", tags.aigc->produce_id}};
  }
  out["problems"] = tags.problems;
  return out;
}

ordered_json notice_json(const NoticeFound& notice) {
  if (!notice.any()) return {{"verdict", "none"}};
  return {{"verdict", notice.morse ? "morse" : "spoken"},
          {"start_s", notice.start_s},
          {"end_s", notice.end_s}};
}

}  // namespace

std::string check_json(const DisclosureCheck& check) {
  ordered_json duties = ordered_json::array();
  for (const Duty& duty : check.duties) {
    duties.push_back({{"profile", profile_name(duty.profile)},
                      {"id", duty.id},
                      {"clause", duty.clause},
                      {"source", kSource},
                      {"asks", duty.asks},
                      {"optional", duty.optional},
                      {"outcome", outcome_name(duty.outcome)},
                      {"why", duty.why}});
  }
  ordered_json out = {{"schema", "brandiron.disclosure/1"},
                      {"file", check.file},
                      {"passes", check.passes()},
                      {"layers",
                       {{"watermark", mark_json(check)},
                        {"manifest", manifest_json(check)},
                        {"tags", tags_json(check)},
                        {"notice_start", notice_json(check.notice_start)},
                        {"notice_end", notice_json(check.notice_end)}}},
                      {"layers_agree", check.layers_agree},
                      {"findings", check.findings}};
  if (check.binding.looked_up) {
    out["registry"] = {{"verdict", binding_name(check.binding.verdict)},
                       {"explanation", check.binding.explanation}};
  }
  out["duties"] = duties;
  // Foreign manifests and tags may hold what is no UTF-8.
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string check_text(const DisclosureCheck& check) {
  std::string text = check.file + (check.passes() ? ": PASSES" : ": DOES NOT PASS");
  const auto line = [&](const std::string& layer, const std::string& verdict) {
    text += fmt::format("\n  {:<10} {}", layer, verdict);
  };
  if (!check.mark_sought) {
    line("watermark", "not looked for (give --key)");
  } else if (!check.mark.present) {
    line("watermark", fmt::format("none of the keys given (p {:.1e})", check.mark.p_value));
  } else {
    line("watermark",
         fmt::format("present, p {:.1e}, {}", check.mark.p_value,
                     check.mark.payload_valid ? "payload " + payload_hex(check.mark.payload)
                                              : "payload not readable"));
  }
  std::string manifest = c2pa::state_name(check.manifest.state);
  if (!check.manifest.claim_generator.empty()) manifest += ", by " + check.manifest.claim_generator;
  for (const c2pa::Status& status : check.manifest.failure)
    manifest += "\n             " + status.code;
  line("manifest", manifest);
  if (!check.tags) {
    line("tags", "say nothing of AI");
  } else {
    std::string tags = check.tags->problems.empty() ? "well-formed" : "with problems";
    for (const std::string& problem : check.tags->problems) tags += "\n             " + problem;
    line("tags", tags);
  }
  const auto heard = [](const NoticeFound& n) {
    return std::string(!n.any() ? "none" : n.morse ? "Morse AI" : "spoken");
  };
  line("audible", "start " + heard(check.notice_start) + ", end " + heard(check.notice_end));
  if (check.binding.looked_up) {
    line("registry",
         std::string(binding_name(check.binding.verdict)) + ": " + check.binding.explanation);
  }
  for (const std::string& finding : check.findings) text += "\n  CONTRADICTION: " + finding;
  for (const Duty& duty : check.duties) {
    const bool open = duty.optional && duty.outcome == Outcome::kFail;
    text += fmt::format("\n  {:<8}{:<22} {}{}\n          {} ({}; {})",
                        open ? "not met" : outcome_name(duty.outcome), duty.id, duty.asks,
                        duty.optional ? " [optional]" : "", duty.why, duty.clause, kSource);
  }
  return text;
}

}  // namespace brandiron::watermark
