#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/classification.h"
#include "brandiron/core/version.h"
#include "detector_study/hearing_table.h"
#include "detector_study/names.h"
#include "detector_study/show.h"
#include "page_resources.h"
#include "picture/chart.h"
#include "watermark_study/statistics.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kChartCss =
    ".chart{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}"
    ".chart .grid{stroke:var(--line);stroke-width:1}.chart .lbl{fill:var(--soft);font-size:11px}"
    "main{max-width:1320px}.what{white-space:nowrap}td.heat{text-align:center;color:#1d1b1a;"
    "font-variant-numeric:tabular-nums}";

bool is_probe(const std::string& name) {
  return name == kContentFreeProbe || name == kContentFreeRawProbe;
}

std::string facts_html(const std::string& header) {
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (!json.is_object()) return "";
  std::string html = "<ul class=facts>";
  for (const auto& [key, value] : json.items()) {
    if (key == "schema" || key == "detectors" || key.ends_with("sha256")) continue;
    html += fmt::format("<li><b>{}</b> {}</li>", html_escape(key),
                        html_escape(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return html + "</ul>";
}

std::string name_cell(const std::string& name) { return "<td class=what>" + html_escape(name); }

std::string num(const std::string& text) { return "<td class=num>" + html_escape(text); }

std::string clean_html(const DetectorSummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>detector<th>ai / human<th>AUC, recordings | sources<th>EER"
      "<th>TPR at 1 % FPR<th>at 0.1 %<th>ECE<th>Brier<th>x real time, wall / CPU</tr>";
  for (const DetectorFigures& d : summary.detectors) {
    if (d.rates.size() < 2) {
      html += fmt::format("<tr>{}<td colspan=8><span class='chip bad'>failed</span> {}</tr>",
                          name_cell(d.name), html_escape(d.failure));
      continue;
    }
    html +=
        "<tr>" + name_cell(d.name) + num(fmt::format("{} / {}", d.num_ai, d.num_human)) +
        num(shown_both(d.auc)) + num(shown(d.eer)) + num(shown(d.rates[0])) +
        num(shown(d.rates[1])) + num(shown(d.ece)) + num(shown(d.brier)) +
        num(d.realtime_wall > 0 ? fmt::format("{:.0f} / {:.0f}", d.realtime_wall, d.realtime_cpu)
                                : "-") +
        "</tr>";
  }
  return html + "</table></div>";
}

std::string nested_html(const DetectorSummary& summary) {
  std::string html = fmt::format(
      "<div class=scroll><table><tr><th>detector<th>FPR, nested<th>TPR<th>precision at {:g} % "
      "ai<th>at the upper FPR</tr>",
      100 * summary.prevalence);
  for (const DetectorFigures& d : summary.detectors) {
    if (!d.nested) continue;
    html += "<tr>" + name_cell(d.name) +
            num(fmt::format("{:.3f} [{:.3f}, {:.3f}]", d.nested_fpr, d.nested_low, d.nested_high)) +
            num(fmt::format("{:.3f}", d.nested_tpr)) + num(fmt::format("{:.4f}", d.precision)) +
            num(fmt::format("{:.4f}", d.precision_low)) + "</tr>";
  }
  return html + "</table></div>";
}

/// Rust for chance and below, white half-way, green for perfect.
std::string heat(double auc, const std::string& title) {
  const double share = std::clamp((auc - 0.5) / 0.5, 0.0, 1.0);
  const int red = static_cast<int>(share < 0.5 ? 235 : 235 - 2 * (share - 0.5) * 105);
  const int green = static_cast<int>(share < 0.5 ? 150 + 2 * share * 80 : 230);
  const int blue = static_cast<int>(share < 0.5 ? 120 + 2 * share * 50 : 170);
  return fmt::format("<td class=heat style='background:rgb({},{},{})' title='{}'>{:.3f}", red,
                     green, blue, html_escape(title), auc);
}

std::string heat_map(const DetectorSummary& summary, const std::vector<DetectorRow>& rows) {
  std::string html = "<div class=scroll><table><tr><th>row<th>kind";
  std::vector<const DetectorFigures*> shown_detectors;
  for (const DetectorFigures& d : summary.detectors) {
    if (d.rows.empty() || d.name == kContentFreeRawProbe) continue;
    shown_detectors.push_back(&d);
    html += "<th>" + html_escape(d.name);
  }
  html += "</tr>";
  for (const DetectorRow& row : rows) {
    html += fmt::format("<tr><td class=what title='{}'>{}<td>{}", html_escape(row.ai),
                        html_escape(row.title), row.kind);
    for (const DetectorFigures* d : shown_detectors) {
      const auto found = std::find_if(d->rows.begin(), d->rows.end(),
                                      [&](const RowFigures& r) { return r.row == row.id; });
      html += found == d->rows.end()
                  ? std::string("<td>")
                  : heat(found->auc.value, fmt::format("{} ai, {} human, {}", found->num_ai,
                                                       found->num_human, shown_both(found->auc)));
    }
    html += "</tr>";
  }
  return html + "</table></div>";
}

std::string rows_html(const DetectorFigures& d) {
  std::string html = fmt::format(
      "<h3>{}</h3><div class=scroll><table><tr><th>row<th>ai / human<th>AUC, recordings | "
      "sources<th>TPR at 1 % FPR<th>TPR, FPR at the clean threshold<th>drift mean / max<th>AUC "
      "over Fourier</tr>",
      html_escape(d.name));
  for (const RowFigures& r : d.rows) {
    html += "<tr>" + name_cell(r.title) + num(fmt::format("{} / {}", r.num_ai, r.num_human)) +
            num(shown_both(r.auc)) + num(r.rates.empty() ? "" : shown(r.rates[0])) +
            num(fmt::format("{:.2f}, {:.2f}", r.fixed_tpr, r.fixed_fpr)) +
            num(fmt::format("{:.3f} / {:.3f}", r.drift_mean, r.drift_max)) +
            num(r.over_fourier ? shown_both(*r.over_fourier) : "-") + "</tr>";
  }
  html += "<tr class=group><td>mean and worst of attacks<td><td>" + shown_both(d.mean_auc) +
          "<br>" + shown_both(d.worst_auc) + "<td><td><td><td>";
  if (d.mean_over_fourier && d.worst_over_fourier) {
    html += shown_both(*d.mean_over_fourier) + "<br>" + shown_both(*d.worst_over_fourier);
  }
  return html + "</tr></table></div>";
}

std::string matrix_html(const DetectorFigures& d) {
  std::string html = fmt::format(
      "<h3>{}: groups of ai against human sources, AUC</h3>"
      "<div class=scroll><table><tr><th>ai group<th>n<th>all sources"
      "<th>TPR, nested<th>trained without it",
      html_escape(d.name));
  for (const SourceFigures& s : d.sources) {
    html += fmt::format("<th title='{} clips'>{}", s.n, html_escape(s.source));
  }
  html += "</tr>";
  for (const GroupFigures& g : d.groups) {
    html += "<tr>" + name_cell(g.group) + num(std::to_string(g.n)) + num(shown(g.auc)) +
            num(fmt::format("{:.2f} [{:.2f}, {:.2f}]{}", g.nested_tpr, g.low, g.high,
                            g.supported ? "" : " n")) +
            num(g.left_out_auc ? fmt::format("AUC {:.3f}, TPR {:.2f}", *g.left_out_auc,
                                             g.left_out_tpr.value_or(0))
                               : "-");
    for (const SourceFigures& s : d.sources) {
      const auto found = g.auc_by_source.find(s.source);
      html += found == g.auc_by_source.end() ? std::string("<td>")
                                             : heat(found->second, g.group + " / " + s.source);
    }
    html += "</tr>";
  }
  html += "<tr class=group><td>FPR of the source at 1 % of the others<td><td><td><td>";
  for (const SourceFigures& s : d.sources) {
    html += fmt::format("<td class=num>{:.3f}<br>[{:.3f}, {:.3f}]", s.fpr, s.low, s.high);
  }
  return html + "</tr></table></div>";
}

std::string det_chart(const StudyTables& tables) {
  Chart chart;
  chart.title = "Detection error trade-off, as it is";
  chart.x_label = "share of human recordings flagged";
  chart.y_label = "share of ai missed";
  chart.log_x = chart.log_y = true;
  chart.y_min = 1;
  for (const HeardTable& heard : tables.heard()) {
    if (is_probe(heard.name)) continue;
    const auto ai = tables.scores(heard, kCleanRow, "ai");
    const auto human = tables.scores(heard, kCleanRow, "human");
    if (ai.empty() || human.empty()) continue;
    // None in n is drawn at 1 / (2 n): a logarithm has no nought.
    const double x0 = 0.5 / static_cast<double>(human.size());
    const double y0 = 0.5 / static_cast<double>(ai.size());
    chart.y_min = std::min(chart.y_min, y0);
    ChartSeries series{heard.name, {}, false};
    for (const DetPoint& p : det_curve(ai, human)) {
      series.points.push_back({std::max(x0, p.false_positive), std::max(y0, p.miss), 0, 0});
    }
    chart.series.push_back(std::move(series));
  }
  return chart_svg(chart);
}

std::string reliability_chart(const StudyTables& tables) {
  Chart chart;
  chart.title = "Reliability, classes weighted alike";
  chart.x_label = "probability said";
  chart.y_label = "share that is ai";
  for (const HeardTable& heard : tables.heard()) {
    if (!heard.has_p || is_probe(heard.name)) continue;
    ChartSeries series{heard.name, {}, true};
    for (const ReliabilityBin& bin : reliability(tables.probabilities(heard, kCleanRow, "ai"),
                                                 tables.probabilities(heard, kCleanRow, "human"))) {
      series.points.push_back({bin.confidence, bin.truth, 0, 0});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  chart.series.push_back({"as it should be", {{0, 0, 0, 0}, {1, 1, 0, 0}}, false});
  return chart_svg(chart);
}

std::string probes_html(const DetectorSummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>detector<th>probe<th>n<th>result<th>should be</tr>";
  const auto line = [&](const std::string& name, const std::string& probe, std::size_t n,
                        const std::string& result, const char* wanted) {
    html += "<tr>" + name_cell(name) + "<td>" + html_escape(probe) + num(std::to_string(n)) +
            num(result) + "<td>" + wanted + "</tr>";
  };
  for (const DetectorFigures& d : summary.detectors) {
    if (d.permuted) {
      const bool by_chance = is_probe(d.name) || d.name == kRandomReference;
      line(d.name, "labels dealt anew", d.num_ai + d.num_human, shown(*d.permuted),
           by_chance ? "no small p" : "p below 0.05");
    }
    if (d.taught_anew) {
      line(d.name, "taught with labels dealt anew", d.num_ai + d.num_human, shown(*d.taught_anew),
           "mean AUC near 0.5");
    }
    if (is_probe(d.name)) {
      line(d.name,
           d.name == kContentFreeProbe ? "seven content-free numbers of the blind copies"
                                       : "the same of the recordings as they came",
           d.num_ai + d.num_human, "AUC " + shown_both(d.auc), "AUC near 0.5");
      continue;
    }
    for (const RowFigures& r : d.rows) {
      const std::size_t n = r.num_ai + r.num_human;
      const std::string drift =
          fmt::format("drift {:.4f}, at most {:.4f}", r.drift_mean, r.drift_max);
      if (r.kind == "same" || r.kind == "tags") line(d.name, r.title, n, drift, "no drift");
      if (r.kind == "codec") line(d.name, r.title, n, drift, "mean at most 0.05");
      if (r.kind == "resynthesis") {
        line(d.name, r.title, r.num_human,
             fmt::format("{:.0f} % flagged at 1 % of people's own", 100 * r.fixed_fpr), "reported");
      }
      if (r.kind == "swap") line(d.name, r.title, n, "AUC " + shown(r.auc), "AUC as it is");
    }
    for (const MarkFigures& m : d.marks) {
      line(d.name, "marked over unmarked, " + m.what, m.pairs,
           fmt::format("AUC {}, change {:+.4f}", shown(m.auc), m.mean_change), "AUC 0.5 +- 0.03");
    }
    for (const LabelFigures& l : d.labels) {
      line(d.name, "label " + l.label, l.n,
           fmt::format("flagged {} [{:.2f}, {:.2f}], mean p {:.2f}, AUC over human {:.3f}",
                       l.flagged, l.low, l.high, l.mean_p, l.auc_over_human),
           "reported");
    }
    if (d.segments) {
      line(d.name, "parts of hybrid tracks", d.segments->tracks,
           fmt::format("segment AUC {:.3f}, {} boundaries, {} missed, median error {} s",
                       d.segments->auc, d.segments->boundaries, d.segments->missed,
                       shown(d.segments->boundary_error_s, 2)),
           "AUC 0.85, error 1 s");
    }
  }
  return html + "</table></div>";
}

std::string notes_html(const DetectorSummary& summary) {
  std::string html = "<ul>";
  for (const std::string& note : summary.notes) html += "<li>" + html_escape(note) + "</li>";
  for (const DetectorFigures& d : summary.detectors) {
    if (!d.failure.empty()) {
      html += fmt::format("<li><span class='chip bad'>failed</span> {}: {}</li>",
                          html_escape(d.name), html_escape(d.failure));
    }
    if (d.errors > 0) {
      html += fmt::format("<li>{}: no score for {} copies</li>", html_escape(d.name), d.errors);
    }
  }
  return html + "</ul>";
}

constexpr const char* kNotes =
    "<h2>How to read this</h2><dl>"
    "<dt>intervals</dt><dd>95 %. Recordings (all clips of a title, all twins of a song) are drawn "
    "again with replacement, classes apart; after the bar whole sources are. [-]: a class has one "
    "source only. A perfect 1 gets Wilson's interval for as many of as many as the smaller class "
    "has.</dd>"
    "<dt>TPR at 1 % FPR</dt><dd>Share of ai above the smallest threshold that flags at most 1 % of "
    "the human clips of the same row. (... n): not supported by n: fewer independent human "
    "recordings than 3 / rate.</dd>"
    "<dt>nested</dt><dd>Each human source is judged at a threshold fitted on all the other human "
    "sources; ai at the mean over those thresholds. The false-positive rate is what such a "
    "threshold gave on sources it had never seen.</dd>"
    "<dt>clean threshold</dt><dd>1 % fitted on the clips as they are, kept for the attacked ones: "
    "what a service that does not know of the attack would see.</dd>"
    "<dt>drift</dt><dd>Mean and largest change of the probability (of the score where there is "
    "none) against the clip as it is.</dd>"
    "<dt>over Fourier</dt><dd>AUC less that of the published Fourier method with plain logistic "
    "regression, trained here by cross-validation over sources, on the same draws.</dd>"
    "<dt>labels dealt anew</dt><dd>As many sources as there are of ai are called ai, whichever "
    "they are (recordings, where a class has one source). The interval is what sources alone make "
    "of a detector's scores; p the share of deals that reach the AUC found. What is taught here is "
    "taught again with such labels: a mean over 0.5 would say that folds give one another "
    "away.</dd>"
    "<dt>blind</dt><dd>Every detector got the same 16-bit WAV files, of one rate, channel count "
    "and "
    "length, under random names, in an order drawn from the seed, without metadata.</dd></dl>";

}  // namespace

std::string detector_page(const DetectorStudyOptions& options, const DetectorSummary& summary,
                          const DetectorResults& results) {
  const StudyTables tables(options, results);
  const std::vector<DetectorRow> rows = rows_of(options.grid);
  std::string details, matrices;
  for (const DetectorFigures& d : summary.detectors) {
    if (is_probe(d.name) || d.name == kRandomReference || d.rows.empty()) continue;
    details += rows_html(d);
    matrices += matrix_html(d);
  }
  return fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>Detectors, evaluated</title><style>"
      "{}{}</style></head><body><main><div class=eyebrow>Brandiron study</div><h1>Detectors, "
      "evaluated</h1>{}<h2>As it is</h2>{}<div class=pair>{}{}</div><h2>At thresholds from other "
      "sources</h2>{}<h2>The grid, AUC</h2>{}<h2>Row by row</h2>{}<h2>Who is missed, who is "
      "accused</h2>{}<h2>Probes</h2>{}<h2>Notes</h2>{}{}<footer>Brandiron {} ({}). This page is "
      "self-contained; every figure can be made again from scores.csv.</footer></main></body>"
      "</html>\n",
      kPageCss, kChartCss, facts_html(summary.header_json), clean_html(summary), det_chart(tables),
      reliability_chart(tables), nested_html(summary), heat_map(summary, rows), details, matrices,
      probes_html(summary), notes_html(summary), kNotes, version(), git_commit());
}

}  // namespace brandiron::experiments
