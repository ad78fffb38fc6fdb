#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "brandiron/core/disclosure_tags.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kMaxJsonBytes = 4096;
constexpr std::array<std::string_view, 2> kUriBases = {
    "http://cv.iptc.org/newscodes/digitalsourcetype/",
    "https://cv.iptc.org/newscodes/digitalsourcetype/"};
// The vocabulary of 2025, retired terms included.
constexpr std::array<std::string_view, 21> kSourceTypes = {"digitalCapture",
                                                           "computationalCapture",
                                                           "negativeFilm",
                                                           "positiveFilm",
                                                           "print",
                                                           "humanEdits",
                                                           "minorHumanEdits",
                                                           "compositeWithTrainedAlgorithmicMedia",
                                                           "algorithmicallyEnhanced",
                                                           "softwareImage",
                                                           "digitalArt",
                                                           "digitalCreation",
                                                           "dataDrivenMedia",
                                                           "trainedAlgorithmicMedia",
                                                           "algorithmicMedia",
                                                           "screenCapture",
                                                           "virtualRecording",
                                                           "composite",
                                                           "compositeCapture",
                                                           "compositeSynthetic",
                                                           "multiFrameComputationalCapture"};
constexpr std::array<std::string_view, 4> kMachineTypes = {
    "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia", "algorithmicMedia",
    "compositeSynthetic"};

// A stranger's text, fit for a terminal and for JSON.
std::string tame(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxTextBytes);
  if (size < text.size()) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  }
  std::string out(text.substr(0, size));
  std::erase_if(out, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool has_form(std::string_view text, std::string_view form) {
  // 'h' stands for a hex digit in lower case, 'd' for a digit; the rest for itself.
  const auto fits = [](char c, char f) {
    const bool digit = c >= '0' && c <= '9';
    if (f == 'd') return digit;
    if (f == 'h') return digit || (c >= 'a' && c <= 'f');
    return c == f;
  };
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), fits);
}

class Reader {
 public:
  explicit Reader(const Tags& tags) : tags_(tags) {}

  std::optional<TagDisclosure> read() {
    const bool commented =
        lower(tag_value(tags_, "COMMENT")).find("ai-generated") != std::string::npos;
    bool stated = false;
    for (const char* key : {"AI_GENERATED", "DIGITALSOURCETYPE", "AIGC", "AI_CREDITS"}) {
      stated = stated || !tag_value(tags_, key).empty();
    }
    for (const auto& role : kRoles) stated = stated || !tag_value(tags_, role.key).empty();
    if (!stated && !commented) return std::nullopt;
    out_.ai_generated = !stated;
    if (!stated) problem("only the comment says that it is AI-generated: no AI_GENERATED tag");
    if (stated) read_flag();
    read_source_type();
    read_texts();
    read_mark();
    read_credits();
    read_aigc();
    return out_;
  }

 private:
  struct Role {
    const char *key, *name;
    AiShare AiCredits::*share;
  };
  static constexpr std::array<Role, 5> kRoles = {
      {{"AI_VOCALS", "vocals", &AiCredits::vocals},
       {"AI_INSTRUMENTATION", "instrumentation", &AiCredits::instrumentation},
       {"AI_COMPOSITION", "composition", &AiCredits::composition},
       {"AI_POST_PRODUCTION", "post_production", &AiCredits::post_production},
       {"AI_LYRICS", "lyrics", &AiCredits::lyrics}}};

  void problem(const std::string& text) { out_.problems.push_back(text); }

  // A tag that must be there.
  std::string need(const char* key) {
    const std::string value = tame(tag_value(tags_, key));
    if (value.empty()) problem(std::string(key) + " is missing");
    return value;
  }

  void read_flag() {
    const std::string value = lower(need("AI_GENERATED"));
    out_.ai_generated = value == "true" || value == "1" || value == "yes";
    if (!value.empty() && !out_.ai_generated && value != "false" && value != "0" && value != "no") {
      problem("AI_GENERATED is \"" + value + "\", expected true or false");
    }
  }

  void read_source_type() {
    out_.digital_source_type = need("DIGITALSOURCETYPE");
    const std::string& uri = out_.digital_source_type;
    if (uri.empty()) return;
    std::string term;
    for (const std::string_view base : kUriBases) {
      if (uri.starts_with(base)) term = uri.substr(base.size());
    }
    if (std::find(kSourceTypes.begin(), kSourceTypes.end(), term) == kSourceTypes.end()) {
      problem("DIGITALSOURCETYPE is \"" + uri + "\", expected a URI of IPTC's vocabulary under " +
              std::string(kUriBases[0]));
      return;
    }
    for (const SourceType type :
         {SourceType::kTrained, SourceType::kComposite, SourceType::kRules}) {
      if (digital_source_type_uri(type).ends_with("/" + term)) out_.source_type = type;
    }
    const bool machine =
        std::find(kMachineTypes.begin(), kMachineTypes.end(), term) != kMachineTypes.end();
    if (machine != out_.ai_generated) {
      problem("DIGITALSOURCETYPE " + term + " contradicts AI_GENERATED");
    }
  }

  void read_texts() {
    out_.generator = need("GENERATOR");
    if (!out_.generator.empty() && out_.generator.find(' ') == std::string::npos) {
      problem("GENERATOR is \"" + out_.generator + "\", expected a name and a version");
    }
    out_.provider = need("PROVIDER");
    out_.persona = tame(tag_value(tags_, "PERSONA"));
    out_.created = need("CREATED");
    if (!out_.created.empty() && !has_form(out_.created, "dddd-dd-ddTdd:dd:ddZ")) {
      problem("CREATED is \"" + out_.created + "\", expected a time such as 2026-11-23T00:34:00Z");
    }
    out_.content_id = need("CONTENT_ID");
    if (!out_.content_id.empty() &&
        !has_form(out_.content_id, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")) {
      problem("CONTENT_ID is \"" + out_.content_id + "\", expected a UUID in lower case");
    }
  }

  void read_mark() {
    out_.watermark_scheme = tame(tag_value(tags_, "WATERMARK"));
    out_.watermark_payload = tame(tag_value(tags_, "WATERMARK_PAYLOAD"));
    if (out_.watermark_scheme.empty() != out_.watermark_payload.empty()) {
      problem("WATERMARK and WATERMARK_PAYLOAD: one is missing");
    }
    if (!out_.watermark_payload.empty() && !has_form(out_.watermark_payload, "hhhhhhhhhhhhhhhh")) {
      problem("WATERMARK_PAYLOAD is \"" + out_.watermark_payload +
              "\", expected 16 hex digits in lower case");
    }
  }

  // The object under a key; an empty one when it is absent or none.
  nlohmann::json object(const char* key) {
    const std::string text = tag_value(tags_, key);
    if (text.empty()) return nlohmann::json::object();
    auto json = text.size() <= kMaxJsonBytes
                    ? nlohmann::json::parse(text, shallow(), /*allow_exceptions=*/false)
                    : nlohmann::json(nlohmann::json::value_t::discarded);
    if (json.is_object()) return json;
    problem(std::string(key) + " is no JSON object of at most 4 kB");
    return nlohmann::json::object();
  }

  // Both documents are flat: whatever nests is dropped before it is built.
  static nlohmann::json::parser_callback_t shallow() {
    return [](int depth, nlohmann::json::parse_event_t event, const nlohmann::json&) {
      using Event = nlohmann::json::parse_event_t;
      return depth < 1 || (event != Event::object_start && event != Event::array_start);
    };
  }

  void read_credits() {
    const nlohmann::json json = object("AI_CREDITS");
    for (const Role& role : kRoles) {
      std::string share = tag_value(tags_, role.key);
      std::string listed;
      if (json.contains(role.name) && json[role.name].is_string()) {
        listed = json[role.name].get<std::string>();
      }
      if (!share.empty() && !listed.empty() && share != listed) {
        problem(std::string(role.key) + " contradicts AI_CREDITS");
      }
      if (share.empty()) share = listed;
      if (share.empty()) continue;
      try {
        out_.credits.*role.share = ai_share_from_name(share);
      } catch (const Error&) {
        problem(std::string(role.key) + " is \"" + tame(share) +
                "\", expected none, partial or full");
      }
    }
    if (out_.credits == AiCredits{}) problem("AI_CREDITS is missing: no role is stated");
  }

  void read_aigc() {
    if (tag_value(tags_, "AIGC").empty()) {
      problem("AIGC is missing");
      return;
    }
    const nlohmann::json json = object("AIGC");
    Aigc aigc;
    std::vector<std::string> known;
    const auto take = [&](const char* name, std::string& to) {
      known.emplace_back(name);
      if (!json.contains(name)) {
        problem(std::string("AIGC: ") + name + " is missing");
      } else if (!json[name].is_string()) {
        problem(std::string("AIGC: ") + name + " is no string");
      } else {
        to = tame(json[name].get<std::string>());
      }
    };
    take("Label", aigc.label);
    take("ContentProducer", aigc.content_producer);
    take("ProduceID", aigc.produce_id);
    take("ReservedCode1", aigc.reserved_code1);
    take("ContentPropagator", aigc.content_propagator);
    take("PropagateID", aigc.propagate_id);
    take("ReservedCode2", aigc.reserved_code2);
    for (const auto& [name, value] : json.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        problem("AIGC: \"" + tame(name) + "\" is none of its seven fields");
      }
    }
    check_aigc(aigc);
    out_.aigc = aigc;
  }

  void check_aigc(const Aigc& aigc) {
    if (!aigc.label.empty() && !has_form(aigc.label, "d")) {
      problem("AIGC: Label is \"" + aigc.label + "\", expected 1, 2 or 3");
    } else if (!aigc.label.empty() && (aigc.label < "1" || aigc.label > "3")) {
      problem("AIGC: Label is " + aigc.label + ", expected 1, 2 or 3");
    }
    if (aigc.content_producer.empty()) problem("AIGC: ContentProducer is empty");
    if (aigc.produce_id.empty()) problem("AIGC: ProduceID is empty");
    if (!aigc.produce_id.empty() && !out_.content_id.empty() &&
        aigc.produce_id != out_.content_id) {
      problem("AIGC: ProduceID is not CONTENT_ID");
    }
  }

  const Tags& tags_;
  TagDisclosure out_;
};

}  // namespace

std::optional<TagDisclosure> read_disclosure_tags(const Tags& tags) { return Reader(tags).read(); }

}  // namespace brandiron
