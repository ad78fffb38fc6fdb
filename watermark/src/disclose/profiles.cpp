#include "profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "brandiron/core/error.h"

// The lists of duties, as secondary sources give them (docs/disclosure.md names those): nobody here
// has read the Code of Practice or GB 45438 in the original, and none of this is legal advice.

namespace brandiron::watermark {
namespace {

constexpr std::array kNames = {"eu", "ca", "cn", "ddex"};

using Answer = std::pair<Outcome, std::string>;

Answer pass(std::string why) { return {Outcome::kPass, std::move(why)}; }
Answer fail(std::string why) { return {Outcome::kFail, std::move(why)}; }
Answer judge(bool good, std::string found, std::string missing) {
  return good ? pass(std::move(found)) : fail(std::move(missing));
}

bool intact(const DisclosureCheck& check) {
  return check.manifest.state == c2pa::State::kValid ||
         check.manifest.state == c2pa::State::kTrusted;
}

// The digital source types that say a machine made it.
bool says_ai(const std::string& uri) {
  for (const SourceType type : {SourceType::kTrained, SourceType::kComposite, SourceType::kRules}) {
    if (uri == digital_source_type_uri(type)) return true;
  }
  return false;
}

bool manifest_says_ai(const DisclosureCheck& check) {
  return std::any_of(check.manifest.actions.begin(), check.manifest.actions.end(),
                     [](const c2pa::Action& a) { return says_ai(a.digital_source_type); });
}

// What California's list wants to read, from the manifest first and else from the tags.
std::string either(const std::string& first, const std::string& second) {
  return first.empty() ? second : first;
}

struct Provenance {
  std::string provider, system, version, created, id;
};

Provenance provenance_of(const DisclosureCheck& check) {
  Provenance p;
  if (intact(check)) {
    if (const auto& facts = check.manifest.facts) {
      p = {facts->provider, facts->system, facts->system_version, facts->created,
           facts->content_id};
    }
    for (const c2pa::Action& action : check.manifest.actions)
      p.created = either(p.created, action.when);
  }
  if (check.tags) {
    p.provider = either(p.provider, check.tags->provider);
    // "name version", as tags have it.
    const std::string& generator = check.tags->generator;
    const std::size_t blank = generator.rfind(' ');
    p.system = either(p.system, generator.substr(0, blank));
    if (blank != std::string::npos) p.version = either(p.version, generator.substr(blank + 1));
    p.created = either(p.created, check.tags->created);
    p.id = either(p.id, check.tags->content_id);
  }
  return p;
}

Answer signed_metadata(const DisclosureCheck& check) {
  if (check.manifest.state == c2pa::State::kNone) {
    return fail("no C2PA manifest; add the layer c2pa with a certificate");
  }
  if (!intact(check)) {
    return fail("the manifest is invalid" +
                (check.manifest.failure.empty() ? "" : ": " + check.manifest.failure.front().code));
  }
  return judge(manifest_says_ai(check),
               std::string("C2PA manifest ") + c2pa::state_name(check.manifest.state) +
                   ", names a digital source type of generated media",
               "the manifest is intact but names no digital source type of generated media");
}

Answer time_stamped(const DisclosureCheck& check) {
  if (!intact(check)) return fail("no intact manifest that could carry a time");
  if (const auto& stamp = check.manifest.time_stamp) {
    return pass("RFC 3161 time stamp of " + stamp->when +
                (stamp->trusted ? ", authority trusted" : ", authority not among the trusted"));
  }
  const bool claimed = std::any_of(check.manifest.actions.begin(), check.manifest.actions.end(),
                                   [](const c2pa::Action& a) { return !a.when.empty(); });
  return judge(claimed,
               "a time under the signature, by the signer's own clock; --tsa-url adds an "
               "independent one",
               "no time in the manifest");
}

Answer watermark_present(const DisclosureCheck& check) {
  if (!check.mark_sought) return {Outcome::kUnknown, "no key was given; --key looks for the mark"};
  return judge(check.mark.present, fmt::format("mark present, p {:.1e}", check.mark.p_value),
               "no mark of the keys given");
}

Answer cross_reference(const DisclosureCheck& check) {
  if (!check.mark_sought) return {Outcome::kUnknown, "no key was given; --key looks for the mark"};
  if (!check.mark.payload_valid) return fail("no payload was read from the audio");
  for (const c2pa::SoftBinding& binding : check.manifest.soft_bindings) {
    if (intact(check) && binding.algorithm == c2pa::kSoftBindingAlgorithm &&
        binding.value == payload_bytes(check.mark.payload)) {
      return pass("the manifest names the payload that the audio carries");
    }
  }
  return fail("the manifest does not name the payload " + payload_hex(check.mark.payload));
}

Answer kept_parents(const DisclosureCheck& check) {
  if (check.manifest.ingredients.empty()) {
    return {Outcome::kNotApplicable, "nothing says that it was made from marked content"};
  }
  return judge(intact(check),
               fmt::format("{} earlier manifests kept", check.manifest.ingredients.size()),
               "an earlier manifest is named, but the one that names it is invalid");
}

Answer logged(const DisclosureCheck& check) {
  if (!check.binding.looked_up) {
    return {Outcome::kUnknown, "no registry was given; --registry looks it up"};
  }
  return judge(check.binding.verdict == Binding::kConfirmed, check.binding.explanation,
               check.binding.explanation);
}

std::string aigc_problem(const TagDisclosure& tags) {
  for (const std::string& problem : tags.problems) {
    if (problem.find("AIGC") != std::string::npos) return problem;
  }
  return "";
}

std::vector<Duty> eu(const DisclosureCheck& check) {
  std::vector<Duty> duties;
  const auto add = [&](const char* id, const char* clause, const char* asks, Answer answer,
                       bool optional = false) {
    duties.push_back({Profile::kEu, id, clause, asks, answer.first, answer.second, optional});
  };
  add("eu.signed-metadata", "AI Act Art. 50(2); Code of Practice 1.1.1",
      "digitally signed metadata says that the content is generated", signed_metadata(check));
  add("eu.time-stamp", "Code of Practice 1.1.1", "the signed metadata is time-stamped",
      time_stamped(check));
  add("eu.watermark", "AI Act Art. 50(2); Code of Practice 1.1.2", "an imperceptible watermark",
      watermark_present(check));
  add("eu.cross-reference", "Code of Practice 1.1", "the two layers refer to each other",
      cross_reference(check));
  add("eu.logging", "Code of Practice 1.1.3", "fingerprinting or logging (optional)", logged(check),
      true);
  add("eu.existing-marks", "Code of Practice 1.2", "marks of the inputs are kept",
      kept_parents(check));
  return duties;
}

std::vector<Duty> california(const DisclosureCheck& check) {
  std::vector<Duty> duties;
  const Provenance found = provenance_of(check);
  const auto add = [&](const char* id, const char* clause, const char* asks, Answer answer,
                       bool optional = false) {
    duties.push_back(
        {Profile::kCalifornia, id, clause, asks, answer.first, answer.second, optional});
  };
  const auto stated = [](const std::string& text, const char* flag) {
    return judge(!text.empty(), text, std::string("not stated; ") + flag + " states it");
  };
  add("ca.provider", "B&P Code 22757.3(b)", "the name of the provider",
      stated(found.provider, "--provider"));
  add("ca.system", "B&P Code 22757.3(b)", "the name of the system",
      stated(found.system, "--system"));
  add("ca.version", "B&P Code 22757.3(b)", "the version of the system",
      stated(found.version, "--system-version"));
  add("ca.time", "B&P Code 22757.3(b)", "date and time of creation or alteration",
      stated(found.created, "--created"));
  add("ca.identifier", "B&P Code 22757.3(b)", "a unique identifier",
      stated(found.id, "--content-id"));
  const bool by_tool = intact(check) || (check.mark_sought && check.mark.present);
  add("ca.detectable", "B&P Code 22757.3(b)", "the provider's own tool detects it",
      judge(by_tool, "detected by this tool", "neither manifest nor mark was found by this tool"));
  add("ca.standard", "B&P Code 22757.3(b)", "follows widely accepted industry standards",
      judge(intact(check), "C2PA manifest", "no intact C2PA manifest"));
  Answer durable = watermark_present(check);
  if (durable.first == Outcome::kPass) durable.second += "; it outlives the metadata";
  add("ca.durable", "B&P Code 22757.3(b)", "permanent or extraordinarily difficult to remove",
      std::move(durable));
  const bool heard = check.notice_start.any() || check.notice_end.any();
  add("ca.manifest-option", "B&P Code 22757.3(a)",
      "a disclosure that people perceive, if the user wants",
      judge(heard, "audible notice heard", "no audible notice heard"), true);
  return duties;
}

std::vector<Duty> china(const DisclosureCheck& check) {
  std::vector<Duty> duties;
  const auto add = [&](const char* id, const char* clause, const char* asks, Answer answer,
                       bool optional = false) {
    duties.push_back({Profile::kChina, id, clause, asks, answer.first, answer.second, optional});
  };
  Answer heard = fail(
      "neither Morse AI nor our spoken notice was heard at the start or end (another "
      "spoken notice cannot be recognised); add the layer audible");
  if (check.notice_start.any() || check.notice_end.any()) {
    const NoticeFound& notice = check.notice_start.any() ? check.notice_start : check.notice_end;
    heard = pass(std::string(notice.morse ? "Morse AI" : "spoken notice") + " heard at the " +
                 (check.notice_start.any() ? "start" : "end"));
  }
  add("cn.explicit", "Labelling Measures Art. 4; GB 45438-2025",
      "a spoken notice or the rhythm short long short short, at start, end or middle",
      std::move(heard));
  const bool has = check.tags && check.tags->aigc;
  const std::string malformed = has ? aigc_problem(*check.tags) : "";
  add("cn.implicit", "Labelling Measures Art. 5; GB 45438-2025",
      "metadata field AIGC, well formed, with a label",
      judge(has && malformed.empty(), has ? "AIGC with Label " + check.tags->aigc->label : "",
            has ? malformed : "no AIGC field; add the layer tags"));
  add("cn.producer", "Labelling Measures Art. 5; GB 45438-2025", "the provider's name or code",
      judge(has && !check.tags->aigc->content_producer.empty(),
            has ? check.tags->aigc->content_producer : "",
            "ContentProducer is empty; --provider states it"));
  add("cn.number", "Labelling Measures Art. 5; GB 45438-2025", "a number for the content",
      judge(has && !check.tags->aigc->produce_id.empty(), has ? check.tags->aigc->produce_id : "",
            "ProduceID is empty; --content-id states it"));
  add("cn.watermark", "Labelling Measures Art. 5", "a watermark as implicit label (encouraged)",
      watermark_present(check), true);
  return duties;
}

std::vector<Duty> ddex(const DisclosureCheck& check) {
  std::vector<Duty> duties;
  const auto add = [&](const std::string& id, const std::string& asks, Answer answer) {
    duties.push_back({Profile::kDdex, id, "AI disclosure of September 2025 (voluntary)", asks,
                      answer.first, answer.second, false});
  };
  const AiCredits credits = check.tags ? check.tags->credits : AiCredits{};
  const auto role = [&](const char* name, AiShare share) {
    add(std::string("ddex.") + name, std::string("AI's share in ") + name,
        judge(share != AiShare::kUnstated, ai_share_name(share),
              std::string("not stated; --credit ") + name + "=none|partial|full states it"));
  };
  role("vocals", credits.vocals);
  role("instrumentation", credits.instrumentation);
  role("composition", credits.composition);
  role("post-production", credits.post_production);
  role("lyrics", credits.lyrics);
  return duties;
}

}  // namespace

const char* profile_name(Profile profile) noexcept {
  return kNames[static_cast<std::size_t>(profile)];
}

std::vector<Profile> profiles_from_names(const std::string& names) {
  std::vector<Profile> profiles;
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, ',');) {
    const auto at = std::find(kNames.begin(), kNames.end(), name);
    if (at == kNames.end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "profile \"" + name + "\": expected eu, ca, cn or ddex, joined by commas");
    }
    profiles.push_back(static_cast<Profile>(at - kNames.begin()));
  }
  if (profiles.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "no profile, expected eu, ca, cn or ddex");
  }
  return profiles;
}

Layers layers_for(const std::vector<Profile>& profiles) {
  Layers layers;
  layers.audible = std::find(profiles.begin(), profiles.end(), Profile::kChina) != profiles.end();
  return layers;
}

Layers layers_from_names(const std::string& names) {
  Layers layers{false, false, false, false};
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, ',');) {
    if (name == "watermark") {
      layers.watermark = true;
    } else if (name == "tags") {
      layers.tags = true;
    } else if (name == "c2pa") {
      layers.manifest = true;
    } else if (name == "audible") {
      layers.audible = true;
    } else {
      throw Error(ErrorCode::kInvalidArgument,
                  "layer \"" + name + "\": expected watermark, tags, c2pa or audible");
    }
  }
  return layers;
}

std::vector<Duty> duties_of(Profile profile, const DisclosureCheck& check) {
  switch (profile) {
    case Profile::kEu:
      return eu(check);
    case Profile::kCalifornia:
      return california(check);
    case Profile::kChina:
      return china(check);
    case Profile::kDdex:
      break;
  }
  return ddex(check);
}

std::string payload_bytes(std::uint64_t payload) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; payload >>= 8U) bytes[i] = static_cast<char>(payload & 0xFFU);
  return bytes;
}

const char* outcome_name(Outcome outcome) noexcept {
  constexpr std::array<const char*, 4> kOutcomes = {"pass", "fail", "unknown", "n/a"};
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

}  // namespace brandiron::watermark
