#include "detector_study/answers.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/table.h"
#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::json;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(begin, end, value);
  if (failed != std::errc{} || rest != end) return std::nullopt;
  return value;
}

HeardScore no_score(const std::string& text) {
  HeardScore heard;
  heard.error = "no score: \"" + text.substr(0, 80) + "\", expected a finite number or an object";
  return heard;
}

std::optional<double> member(const Json& json, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (json.contains(name) && json[name].is_number()) return json[name].get<double>();
  }
  return std::nullopt;
}

HeardScore from_object(const Json& json, const std::string& text) {
  HeardScore heard;
  heard.p = member(json, {"p_ai", "p"});
  const auto score = member(json, {"log_likelihood_ratio", "score"});
  if (!score && !heard.p) return no_score(text);
  heard.score = score ? *score : *heard.p;
  if (!std::isfinite(heard.score)) return no_score(text);
  if (heard.p && !(*heard.p >= 0 && *heard.p <= 1)) heard.p.reset();
  if (!json.contains("segments") || !json["segments"].is_array()) return heard;
  for (const Json& segment : json["segments"]) {
    const auto start = member(segment, {"start_s"}), end = member(segment, {"end_s"});
    const auto value = member(segment, {"p_ai", "p", "score"});
    if (start && end && value) heard.segments.push_back({*start, *end, *value});
  }
  return heard;
}

}  // namespace

HeardScore parse_answer(const std::string& line) {
  const std::string text = trimmed(line);
  if (text.starts_with('{')) {
    const Json json = Json::parse(text, nullptr, false);
    return json.is_object() ? from_object(json, text) : no_score(text);
  }
  const auto value = number_of(text);
  if (!value || !std::isfinite(*value)) return no_score(text);
  HeardScore heard;
  heard.score = *value;
  return heard;
}

std::vector<std::string> answer_lines(const std::string& output) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    lines.push_back(output.substr(at, end - at));
    at = end + 1;
  }
  while (!lines.empty() && trimmed(lines.back()).empty()) lines.pop_back();
  return lines;
}

std::vector<DetectorScore> read_score_file(const ScoreFile& file) {
  const Table table = parse_csv(read_file(file.path), file.path.string());
  const bool by_id = table.has("id");
  table.require({by_id ? "id" : "file", "score"});
  std::vector<DetectorScore> scores;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    DetectorScore score;
    score.detector = file.name;
    score.clip = table.at(i, by_id ? "id" : "file");
    score.row = table.at(i, "row").empty() ? kCleanRow : table.at(i, "row");
    const HeardScore heard = parse_answer(table.at(i, "score"));
    score.score = heard.score;
    score.error = heard.error;
    const auto p = number_of(table.at(i, "p"));
    if (p && *p >= 0 && *p <= 1) score.p = p;
    scores.push_back(score);
  }
  return scores;
}

}  // namespace brandiron::experiments
