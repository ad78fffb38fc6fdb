#include <nlohmann/json.hpp>

#include "brandiron/detect/detector.h"

namespace brandiron::detect {

std::string detection_json(const std::string& file, const Detection& d, bool with_segments) {
  using Json = nlohmann::ordered_json;
  Json json = {
      {"schema", "brandiron.detect/1"},
      {"file", file},
      {"p_ai", d.p_ai},
      {"prior", d.prior},
      {"log_likelihood_ratio", d.log_likelihood_ratio},
      {"verdict", d.verdict},
      {"threshold", {{"p_ai", d.threshold.p_ai}, {"fpr", d.threshold.fpr}, {"n", d.threshold.n}}}};
  if (with_segments) {
    json["segments"] = Json::array();
    for (const DetectSegment& s : d.segments) {
      json["segments"].push_back({{"start_s", s.start_s}, {"end_s", s.end_s}, {"p_ai", s.p_ai}});
    }
  }
  json["evidence"] = Json::array();
  for (const Evidence& e : d.evidence) {
    json["evidence"].push_back({{"kind", e.kind}, {"value", e.value}, {"text", e.text}});
  }
  json["model"] = {
      {"name", d.model_name}, {"version", d.model_version}, {"sha256", d.model_sha256}};
  json["seconds"] = d.seconds;
  // File names are bytes: replace what is no UTF-8 rather than fail.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace brandiron::detect
