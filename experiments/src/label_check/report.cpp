#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/experiments/label_check.h"

namespace brandiron::experiments {
namespace {

using nlohmann::ordered_json;

double share(std::size_t k, std::size_t n) {
  return n > 0 ? static_cast<double>(k) / static_cast<double>(n) : 0;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

const char* verdict(const LabelRow& row) {
  if (!row.rule.asked) return "-";
  return row.reached ? "reached" : "NOT REACHED";
}

std::string row_text(const LabelRow& row, double least) {
  std::string text = fmt::format(
      "{:<12} {:>6} {:>9.2f} % [{:6.2f}, {:6.2f}] {:>9} {:>9.3f} %  {:<5} {:<12} {}\n", row.rule.id,
      row.songs, 100 * share(row.agreed_songs, row.songs), 100 * row.low, 100 * row.high,
      row.events, 100 * share(row.agreed_events, row.events), row.rule.stems ? "stems" : "mix",
      verdict(row),
      row.rule.asked ? fmt::format("asked {:g} %: {}", row.rule.exact ? 100.0 : 100 * least,
                                   row.rule.tolerance)
                     : row.rule.tolerance);
  for (const auto& [song, finding] : row.worst) {
    text += fmt::format("    {}: expected {}, found {} ({} of {})\n", song, finding.expected,
                        finding.found, finding.agreed, finding.events);
  }
  return text;
}

}  // namespace

std::string label_text(const LabelReport& report) {
  std::string text = fmt::format(
      "{} songs; a label agrees in a song when its estimate from the sound does; 95 % intervals "
      "(Wilson, songs)\n\n{:<12} {:>6} {:>11} {:>16} {:>9} {:>11}  {:<5} {:<12} {}\n",
      report.songs, "label", "songs", "agree", "interval", "events", "agree", "heard", "verdict",
      "tolerance");
  for (const LabelRow& row : report.rows) text += row_text(row, report.least_agreement);
  for (const auto& [song, why] : report.errors) text += fmt::format("{}: {}\n", song, why);
  text += "\nstems: of the song rendered again, the same samples by their hash\n";
  return text;
}

std::string label_json(const LabelReport& report) {
  ordered_json rows = ordered_json::array();
  for (const LabelRow& row : report.rows) {
    ordered_json worst = ordered_json::array();
    for (const auto& [song, f] : row.worst) {
      worst.push_back({{"id", song},
                       {"expected", f.expected},
                       {"found", f.found},
                       {"agreed", f.agreed},
                       {"events", f.events}});
    }
    rows.push_back(
        {{"label", row.rule.id},
         {"estimator", row.rule.what},
         {"tolerance", row.rule.tolerance},
         {"counted", row.rule.counted},
         {"stems", row.rule.stems},
         {"asked", row.rule.asked ? ordered_json(row.rule.exact ? 1.0 : report.least_agreement)
                                  : ordered_json(nullptr)},
         {"songs", row.songs},
         {"agreed_songs", row.agreed_songs},
         {"agreement", share(row.agreed_songs, row.songs)},
         {"low", row.low},
         {"high", row.high},
         {"events", row.events},
         {"agreed_events", row.agreed_events},
         {"reached", row.reached},
         {"worst", worst}});
  }
  ordered_json errors = ordered_json::array();
  for (const auto& [song, why] : report.errors) errors.push_back({{"id", song}, {"error", why}});
  return ordered_json({{"schema", "brandiron.label-check/1"},
                       {"songs", report.songs},
                       {"passed", report.passed()},
                       {"labels", rows},
                       {"errors", errors}})
      .dump();
}

std::string label_csv(const std::vector<SongFindings>& findings) {
  std::string text = "id,label,events,agreed,agrees,expected,found\n";
  for (const SongFindings& song : findings) {
    for (const LabelFinding& f : song.labels) {
      text += fmt::format("{},{},{},{},{},{},{}\n", quoted(song.id), f.label, f.events, f.agreed,
                          f.agrees ? 1 : 0, quoted(f.expected), quoted(f.found));
    }
  }
  return text;
}

}  // namespace brandiron::experiments
