#include "watermark_study/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "picture/chart.h"
#include "watermark_study/statistics.h"

namespace brandiron::experiments {
namespace {

constexpr double kSmallestP = 1e-30;  // the axis of p ends here

std::string setting_name(const std::string& tool, double strength) {
  return fmt::format("{}, strength {:g}", tool, strength);
}

// An attack in kbit/s, dB of SNR, bands or seconds gets harder as the number falls.
bool harder_below(const std::string& unit) {
  return unit == "kbit/s" || unit == "dB SNR" || unit == "bands" || unit == "s";
}

std::string family_pair(const StudySummary& summary, const std::string& family) {
  Chart exact, ber;
  std::set<double> levels;
  std::map<std::string, std::size_t> index;
  for (const RowSummary& r : summary.rows) {
    if (r.family != family || r.exact.n == 0) continue;
    levels.insert(r.level);
    exact.x_label = ber.x_label = r.unit;
    exact.x_falls = ber.x_falls = harder_below(r.unit);
    const std::string name = setting_name(r.tool, r.strength);
    if (!index.contains(name)) {
      index[name] = exact.series.size();
      exact.series.push_back({name, {}});
      ber.series.push_back({name, {}});
    }
    const std::size_t i = index[name];
    exact.series[i].points.push_back({r.level, r.exact.value, r.exact.low, r.exact.high});
    if (r.exact.value > 0)
      ber.series[i].points.push_back({r.level, r.ber.value, r.ber.low, r.ber.high});
  }
  if (levels.size() < 2) return "";
  for (Chart* chart : {&exact, &ber}) {
    for (ChartSeries& s : chart->series) {
      std::sort(s.points.begin(), s.points.end(),
                [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
    }
  }
  exact.title = family + ": payload exact";
  exact.y_label = "share";
  ber.title = family + ": raw bit errors of exact readings";
  ber.y_label = "bit error rate";
  ber.y_max = 0.5;
  return "<div class=pair>" + chart_svg(exact) + chart_svg(ber) + "</div>";
}

}  // namespace

std::string family_charts(const StudySummary& summary) {
  std::vector<std::string> families;
  for (const RowSummary& r : summary.rows) {
    if (!r.family.empty() &&
        std::find(families.begin(), families.end(), r.family) == families.end())
      families.push_back(r.family);
  }
  std::string html;
  for (const std::string& family : families) html += family_pair(summary, family);
  return html;
}

std::string miss_chart(const StudyResults& results) {
  // Whole seconds of what was heard: 5, 10, 15, 60.
  std::map<std::pair<std::string, int>, std::vector<double>> groups;
  for (const TrialResult& t : results.trials) {
    if (!t.negative.empty() || !t.error.empty() || t.tool != "brandiron") continue;
    const int length = t.duration_s > 40 ? 60 : static_cast<int>(std::lround(t.duration_s));
    groups[{setting_name(t.tool, t.strength), length}].push_back(t.p);
  }
  Chart chart;
  chart.title = "Marks missed over the proven false-positive rate";
  chart.x_label = "p at which a mark is called present (a bound on false positives)";
  chart.y_label = "share missed";
  chart.log_x = true;
  for (auto& [group, ps] : groups) {
    if (ps.size() < 5) continue;
    std::sort(ps.begin(), ps.end());
    ChartSeries series{
        fmt::format("{}, {} s{}", group.first, group.second, group.second == 60 ? " or near" : ""),
        {},
        false};
    for (double p = kSmallestP; p < 0.2; p *= 10) {
      const auto found = std::upper_bound(ps.begin(), ps.end(), p) - ps.begin();
      series.points.push_back(
          {p, 1 - static_cast<double>(found) / static_cast<double>(ps.size()), 0, 0});
    }
    chart.series.push_back(series);
  }
  return chart_svg(chart);
}

std::string det_chart(const StudyResults& results) {
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> groups;
  for (const TrialResult& t : results.trials) {
    if (!t.error.empty() || t.tool != "brandiron") continue;
    auto& [marked, unmarked] = groups[setting_name(t.tool, t.strength)];
    (t.negative.empty() ? marked : unmarked).push_back(t.z);
  }
  Chart chart;
  chart.title = "Detection error trade-off, measured on z";
  chart.x_label = "share of unmarked twins and wrong keys above the threshold";
  chart.y_label = "share of attacked marks below it";
  chart.log_x = chart.log_y = true;
  chart.y_min = 1;
  for (const auto& [name, scores] : groups) {
    const auto& [marked, unmarked] = scores;
    if (marked.empty() || unmarked.empty()) continue;
    // A rate of none in n is drawn at 1 / (2 n): a logarithm has no nought.
    const double x0 = 0.5 / static_cast<double>(unmarked.size());
    const double y0 = 0.5 / static_cast<double>(marked.size());
    chart.y_min = std::min(chart.y_min, y0);
    ChartSeries series{
        fmt::format("{} ({} attacked, {} negatives)", name, marked.size(), unmarked.size()),
        {},
        false};
    for (const DetPoint& p : det_curve(marked, unmarked)) {
      series.points.push_back({std::max(x0, p.false_positive), std::max(y0, p.miss), 0, 0});
    }
    chart.series.push_back(series);
  }
  return chart_svg(chart);
}

std::string source_table(const StudyResults& results) {
  struct Count {
    std::size_t n = 0, exact = 0;
    std::set<std::string> files;
  };
  std::map<std::pair<std::string, std::string>, Count> counts;
  for (const TrialResult& t : results.trials) {
    if (!t.negative.empty() || !t.error.empty()) continue;
    Count& c = counts[{setting_name(t.tool, t.strength), t.source}];
    ++c.n;
    c.exact += t.exact ? 1U : 0U;
    c.files.insert(t.file);
  }
  std::string html =
      "<div class=scroll><table><tr><th>tool<th>source<th>recordings<th>readings<th>exact, all rows"
      "</tr>";
  for (const auto& [key, c] : counts) {
    const double share = static_cast<double>(c.exact) / static_cast<double>(c.n);
    html += fmt::format(
        "<tr><td>{}<td>{}<td class=num>{}<td class=num>{}<td class=num>{:.1f} %</tr>",
        html_escape(key.first), html_escape(key.second), c.files.size(), c.n, 100 * share);
  }
  return html + "</table></div>";
}

}  // namespace brandiron::experiments
