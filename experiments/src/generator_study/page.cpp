#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/version.h"
#include "generator_study/show.h"
#include "page_resources.h"
#include "picture/chart.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kCss =
    ".chart{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}"
    ".chart .grid{stroke:var(--line);stroke-width:1}.chart .lbl{fill:var(--soft);font-size:11px}"
    ".share{vertical-align:middle;margin-right:.5rem}main{max-width:1320px}";

std::string chip(const GeneratorRow& row) {
  const std::string verdict = shown_verdict(row);
  if (verdict == "reached") return "<span class='chip good'>reached</span>";
  if (verdict == "skipped") return "<span class=soft>skipped</span>";
  return verdict.empty() ? "" : "<span class='chip bad'>not reached</span>";
}

std::string figure_html(const GeneratorRow& row, const std::optional<Figure>& figure,
                        bool with_bar) {
  if (!figure) return "<span class=soft>-</span>";
  const double target = row.least ? *row.least : row.most.value_or(-1);
  const std::string bar =
      with_bar && row.share ? share_bar_svg(figure->value, figure->low, figure->high, target) : "";
  return fmt::format("{}{} <span class=soft>[{}, {}]</span>", bar, shown(row, figure->value),
                     shown(row, figure->low), shown(row, figure->high));
}

std::string answer_html(const GeneratorSummary& summary) {
  std::size_t targets = 0, reached = 0;
  for (const GeneratorRow& row : summary.rows) {
    if (!row.has_target() || !row.ours) continue;
    ++targets;
    reached += row.reached() ? 1 : 0;
  }
  return fmt::format(
      "<div class='card answer{}'><div class=big>{} of {}</div><div>targets reached by {} songs of "
      "{}, seeds {} to {}. No audio was rendered.</div></div>",
      reached == targets ? "" : " bad", reached, targets, summary.songs,
      html_escape(summary.persona), summary.seed, summary.seed + summary.songs - 1);
}

std::string rows_html(const GeneratorSummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>figure<th>ours<th>n<th>human songs<th>n<th>target<th></tr>";
  std::string group;
  for (const GeneratorRow& row : summary.rows) {
    if (row.group != group) {
      group = row.group;
      html += fmt::format("<tr class=group><td colspan=7>{}</tr>", html_escape(group));
    }
    std::string more =
        row.remark.empty() ? "" : "<br><span class=soft>" + html_escape(row.remark) + "</span>";
    if (row.has_target() && !row.reached()) {
      for (const std::string& text : row.offenders) {
        more += "<br><span class=soft>" + html_escape(text) + "</span>";
      }
    }
    html += fmt::format(
        "<tr><td>{}{}<td class=num>{}<td class=num>{}<td class=num>{}<td class=num>{}<td>{}<td>{}"
        "</tr>",
        html_escape(row.what), more, figure_html(row, row.ours, true),
        row.ours ? fmt::format("{} {}", row.ours->n, html_escape(row.counted)) : "",
        figure_html(row, row.human, false), row.human ? std::to_string(row.human->n) : "",
        html_escape(shown_target(row)), chip(row));
  }
  return html + "</table></div>";
}

ChartSeries series(const char* name, const std::vector<double>& x, const std::vector<double>& y) {
  ChartSeries out{name, {}};
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    out.points.push_back({x[i], y[i], y[i], y[i]});
  }
  return out;
}

std::string curves_html(const GeneratorSummary& summary) {
  std::string html = "<div class=pair>";
  for (const GeneratorCurve& curve : summary.curves) {
    Chart chart;
    chart.title = curve.title;
    chart.x_label = curve.x_label;
    chart.y_label = "share";
    double top = 0;
    for (const double y : curve.ours) top = std::max(top, y);
    for (const double y : curve.human) top = std::max(top, y);
    chart.y_max = std::max(0.1, std::ceil(top * 10) / 10);
    chart.series.push_back(series("ours", curve.x, curve.ours));
    if (!curve.human.empty()) chart.series.push_back(series("human", curve.x, curve.human));
    html += "<div class=card>" + chart_svg(chart) + "</div>";
  }
  return html + "</div>";
}

std::string skipped_html(const GeneratorSummary& summary) {
  std::string html;
  for (const std::string& line : summary.skipped) {
    html += "<p class=soft>Skipped: " + html_escape(line) + "</p>";
  }
  return html;
}

constexpr const char* kNotes =
    "<h2>How to read this</h2><dl>"
    "<dt>human songs</dt><dd>Tunes: the vocal sources of tiers A and A-US, splits valid and test. "
    "Words: the books. Chords: country-adjacent songs.</dd>"
    "<dt>intervals</dt><dd>95 %. Shares of notes, lines and pairs: songs are drawn again with all "
    "that is in them, 1000 times from a fixed seed. Shares of songs: Wilson's interval.</dd>"
    "<dt>reached</dt><dd>The figure itself is inside the target; of a share that is to be <i>about"
    "</i> a value, its interval holds the value.</dd>"
    "<dt>definitions</dt><dd>docs/evaluate.md.</dd></dl>";

}  // namespace

std::string generator_page(const GeneratorSummary& summary) {
  return fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>The songwriter, evaluated</title>"
      "<style>{}{}</style></head><body><main><div class=eyebrow>Brandiron study</div><h1>The "
      "songwriter, evaluated</h1>{}{}<h2>Figures</h2>{}<h2>Distributions</h2>{}{}<footer>Brandiron "
      "{} ({}). This page is self-contained.</footer></main></body></html>\n",
      kPageCss, kCss, answer_html(summary), skipped_html(summary), rows_html(summary),
      curves_html(summary), kNotes, version(), git_commit());
}

}  // namespace brandiron::experiments
