#include <nlohmann/json.hpp>

#include "brandiron/detect/detector.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::ordered_json;

template <typename Segment>
Json segments_json(const std::vector<Segment>& segments) {
  Json list = Json::array();
  for (const auto& s : segments) {
    list.push_back({{"start_s", s.start_s}, {"end_s", s.end_s}, {"p_ai", s.p_ai}});
  }
  return list;
}

}  // namespace

std::string detection_json(const std::string& file, const Detection& d, bool with_segments) {
  Json json = {
      {"schema", "brandiron.detect/1"},
      {"file", file},
      {"p_ai", d.p_ai},
      {"prior", d.prior},
      {"log_likelihood_ratio", d.log_likelihood_ratio},
      {"verdict", d.verdict},
      {"threshold", {{"p_ai", d.threshold.p_ai}, {"fpr", d.threshold.fpr}, {"n", d.threshold.n}}},
      {"explanation", d.explanation},
      {"p_resynthesised", d.p_resynthesised},
      {"families", d.families},
      {"p_vocals_ai", d.p_vocals_ai},
      {"p_instrumental_ai", d.p_instrumental_ai},
      {"novelty", d.novelty},
      {"heard_s", d.heard_s}};
  if (with_segments) json["segments"] = segments_json(d.segments);
  if (with_segments && !d.curve.empty()) {
    json["curve"] = segments_json(d.curve);
    json["spans"] = segments_json(d.spans);
  }
  json["evidence"] = Json::array();
  for (const Evidence& e : d.evidence) {
    Json item = {{"kind", e.kind}, {"value", e.value}, {"text", e.text}};
    for (const auto& [name, value] : e.numbers) item[name] = value;
    json["evidence"].push_back(item);
  }
  json["model"] = {
      {"name", d.model_name}, {"version", d.model_version}, {"sha256", d.model_sha256}};
  json["seconds"] = d.seconds;
  // File names are bytes: replace what is no UTF-8 rather than fail.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace brandiron::detect
