#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/version.h"
#include "brandiron/experiments/generator_study.h"
#include "generator_study/show.h"

namespace brandiron::experiments {
namespace {

using nlohmann::ordered_json;

double tidy(double x) { return std::round(x * 1e6) / 1e6; }

ordered_json figure_json(const std::optional<Figure>& figure) {
  if (!figure) return nullptr;
  return {{"value", tidy(figure->value)},
          {"low", tidy(figure->low)},
          {"high", tidy(figure->high)},
          {"n", figure->n}};
}

ordered_json bound_json(const std::optional<double>& bound) {
  return bound ? ordered_json(*bound) : ordered_json(nullptr);
}

}  // namespace

std::string shown(const GeneratorRow& row, double value) {
  return row.share ? fmt::format("{:.2f} %", 100 * value) : fmt::format("{:.3f}", value);
}

std::string shown_target(const GeneratorRow& row) {
  const auto bound = [&](double b) {
    return row.share ? fmt::format("{:g} %", 100 * b) : fmt::format("{:g}", b);
  };
  if (row.least && row.most && *row.least == *row.most) return "about " + bound(*row.least);
  if (row.least && row.most) {
    return fmt::format("{:g}", (row.share ? 100 : 1) * *row.least) + " to " + bound(*row.most);
  }
  if (row.least) return ">= " + bound(*row.least);
  return row.most ? "<= " + bound(*row.most) : "";
}

std::string shown_verdict(const GeneratorRow& row) {
  if (!row.has_target()) return "";
  if (!row.ours) return "skipped";
  return row.reached() ? "reached" : "NOT REACHED";
}

std::string generator_text(const GeneratorSummary& summary) {
  std::string text =
      fmt::format("{} songs of {}, seeds {} to {}; 95 % intervals in brackets\n", summary.songs,
                  summary.persona, summary.seed, summary.seed + summary.songs - 1);
  std::string group;
  std::size_t targets = 0, reached = 0;
  for (const GeneratorRow& row : summary.rows) {
    if (row.group != group) {
      group = row.group;
      text += fmt::format("\n{:<64} {:>28} {:>10} {:>10} {:>12}  {}\n", group, "ours", "n", "human",
                          "target", "verdict");
    }
    const std::string ours =
        row.ours ? fmt::format("{} [{}, {}]", shown(row, row.ours->value),
                               shown(row, row.ours->low), shown(row, row.ours->high))
                 : "-";
    text += fmt::format("  {:<62} {:>28} {:>10} {:>10} {:>12}  {}\n", row.what, ours,
                        row.ours ? std::to_string(row.ours->n) : "-",
                        row.human ? shown(row, row.human->value) : "-", shown_target(row),
                        shown_verdict(row));
    if (!row.reached()) {
      for (const std::string& case_ : row.offenders) text += "      " + case_ + "\n";
    }
    if (row.has_target() && row.ours) ++targets, reached += row.reached() ? 1 : 0;
  }
  text += fmt::format("\n{} of {} targets reached\n", reached, targets);
  for (const std::string& line : summary.skipped) text += "skipped: " + line + "\n";
  return text;
}

std::string generator_json(const GeneratorSummary& summary) {
  ordered_json json;
  json["schema"] = "brandiron.generator-study/1";
  json["version"] = version();
  json["persona"] = summary.persona;
  json["songs"] = summary.songs;
  json["seed"] = summary.seed;
  json["skipped"] = summary.skipped;
  json["rows"] = ordered_json::array();
  for (const GeneratorRow& row : summary.rows) {
    json["rows"].push_back({{"id", row.id},
                            {"group", row.group},
                            {"what", row.what},
                            {"counted", row.counted},
                            {"share", row.share},
                            {"ours", figure_json(row.ours)},
                            {"human", figure_json(row.human)},
                            {"least", bound_json(row.least)},
                            {"most", bound_json(row.most)},
                            {"verdict", shown_verdict(row)},
                            {"remark", row.remark},
                            {"offenders", row.offenders}});
  }
  json["curves"] = ordered_json::array();
  for (const GeneratorCurve& curve : summary.curves) {
    json["curves"].push_back(
        {{"id", curve.id}, {"x", curve.x}, {"ours", curve.ours}, {"human", curve.human}});
  }
  return json.dump(1);
}

}  // namespace brandiron::experiments
