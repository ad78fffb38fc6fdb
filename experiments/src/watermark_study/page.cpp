#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/version.h"
#include "brandiron/experiments/watermark_study.h"
#include "page_resources.h"
#include "picture/chart.h"
#include "watermark_study/curves.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kChartCss =
    ".chart{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}"
    ".chart .grid{stroke:var(--line);stroke-width:1}.chart .lbl{fill:var(--soft);font-size:11px}"
    ".share{vertical-align:middle;margin-right:.5rem}main{max-width:1320px}.what{white-space:"
    "nowrap}";

std::string p_text(double p) {
  return p <= 1e-300 ? std::string("&le; 1e-300") : fmt::format("{:.1e}", p);
}

std::string chip(bool good) {
  return good ? "<span class='chip good'>reached</span>"
              : "<span class='chip bad'>not reached</span>";
}

std::string facts_html(const std::string& header) {
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (!json.is_object()) return "";
  std::string html = "<ul class=facts>";
  for (const auto& [key, value] : json.items()) {
    if (key == "schema") continue;
    html += fmt::format("<li><b>{}</b> {}</li>", html_escape(key),
                        html_escape(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return html + "</ul>";
}

std::string answer_html(const StudySummary& summary) {
  std::size_t with_target = 0, reached = 0, wrong = 0;
  for (const RowSummary& r : summary.rows) {
    if (r.tool != "brandiron") continue;
    wrong += r.wrong;
    if (!r.target_exact && !r.target_present) continue;
    ++with_target;
    reached += r.reached ? 1U : 0U;
  }
  return fmt::format(
      "<div class='card answer{}'><div class=big>{} of {}</div><div>rows of the grid reach their "
      "target; wrong payloads reported: {}. A row is reached when the share measured is at the "
      "target"
      " or above it; the interval beside says what the number of recordings is worth.</div></div>",
      reached == with_target ? "" : " bad", reached, with_target, wrong);
}

std::string estimate_html(const Estimate& e, double scale = 1) {
  return fmt::format("{:.2f} <span class=soft>[{:.2f}, {:.2f}]</span>", scale * e.value,
                     scale * e.low, scale * e.high);
}

std::string fidelity_html(const StudySummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>tool<th>strength<th>files x keys<th>SDR, dB (&ge; 28)<th>"
      "least (&ge; 25)<th>noise to mask, dB (&le; &minus;8)<th>largest<th>cells above mask, % "
      "(&lt; "
      "1)<th>largest<th>loudness, LU (&le; 0.1)<th>new overs (0)<th>embedding</tr>";
  for (const FidelitySummary& f : summary.fidelity) {
    html += fmt::format(
        "<tr><td>{}<td class=num>{:g}<td class=num>{}<td class=num>{}<td class=num>{:.2f}<td "
        "class=num>{}<td class=num>{:.2f}<td class=num>{}<td class=num>{:.2f}<td "
        "class=num>{:.3f}<td class=num>{}<td class=num>{:.0f} x</tr>",
        html_escape(f.tool), f.strength, f.n, estimate_html(f.sdr_db), f.sdr_min_db,
        estimate_html(f.nmr_db), f.nmr_max_db, estimate_html(f.nmr_above, 100),
        100 * f.nmr_above_max, f.loudness_change_max_lu,
        f.clipped_in_over > 0
            ? fmt::format("{} (+{} in files over already)", f.clipped, f.clipped_in_over)
            : fmt::format("{}", f.clipped),
        f.embed_x);
  }
  return html + "</table></div>";
}

std::string share_html(const Estimate& e, const std::optional<double>& target) {
  return fmt::format("{}{:.1f} <span class=soft>[{:.1f}, {:.1f}]{}</span>",
                     share_bar_svg(e.value, e.low, e.high, target.value_or(-1)), 100 * e.value,
                     100 * e.low, 100 * e.high, e.method == "wilson" ? " w" : "");
}

std::string rows_html(const StudySummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>attack<th>n (files)<th>exact, %<th>present, %<th>target<th>"
      "wrong<th>z mean / min<th>largest p<th>raw errors<th>read, x real time</tr>";
  std::string setting;
  for (const RowSummary& r : summary.rows) {
    const std::string now = fmt::format("{}, strength {:g}", r.tool, r.strength);
    if (now != setting) {
      setting = now;
      html += fmt::format("<tr class=group><td colspan=10>{}</tr>", html_escape(now));
    }
    const bool has_target = r.target_exact || r.target_present;
    html += fmt::format(
        "<tr><td class=what>{}<td class=num>{} ({})<td class=num>{}<td class=num>{}<td>{}<td "
        "class=num>{}<td class=num>{:.1f} / {:.1f}<td class=num>{}<td class=num>{:.3f}<td "
        "class=num>{:.1f}</tr>",
        html_escape(r.title), r.exact.n, r.exact.clusters, share_html(r.exact, r.target_exact),
        share_html(r.present, r.target_present), has_target ? chip(r.reached) : "", r.wrong,
        r.z_mean, r.z_min, p_text(r.p_max), r.ber.value, r.cpu_s > 0 ? r.audio_s / r.cpu_s : 0);
  }
  return html + "</table></div>";
}

std::string negatives_html(const StudySummary& summary) {
  std::string html =
      "<div class=scroll><table><tr><th>tool<th>negatives<th>n<th>present at 1e-9<th>payloads<th>"
      "least p<th>share at p &le; 0.1<th>&le; 0.01<th>&le; 0.001<th>n supports</tr>";
  for (const NegativeSummary& s : summary.negatives) {
    const auto share = [&](double a) {
      const auto found = s.below.find(a);
      const std::size_t k = found == s.below.end() ? 0 : found->second;
      return static_cast<double>(k) / static_cast<double>(s.n);
    };
    html += fmt::format(
        "<tr><td>{}<td>{}<td class=num>{}<td class=num>{}<td class=num>{}<td class=num>{}<td "
        "class=num>{:.4f}<td class=num>{:.4f}<td class=num>{:.4f}<td class=num>{}</tr>",
        html_escape(s.tool), s.kind == "twin" ? "unmarked twins" : "wrong keys", s.n, s.present,
        s.payloads, p_text(s.p_min), share(0.1), share(0.01), share(1e-3),
        s.present == 0 ? fmt::format("&lt; {:.2g}", std::min(1.0, 3.0 / static_cast<double>(s.n)))
                       : "");
  }
  return html + "</table></div>";
}

std::string comparison_html(const StudySummary& summary) {
  const std::string text = comparison_text(summary);
  return text.empty() ? "" : "<h2>Beside other tools</h2><pre>" + html_escape(text) + "</pre>";
}

constexpr const char* kNotes =
    "<h2>How to read this</h2><dl>"
    "<dt>exact</dt><dd>All bits of the payload read right.</dd>"
    "<dt>present</dt><dd>p at most the row's threshold (1e-9 unless the row says otherwise). A "
    "tool "
    "on the command line has no p: present means that it reported something.</dd>"
    "<dt>intervals</dt><dd>95 %, clustered by recording: recordings are drawn again with all their "
    "keys and crops, 2000 times from a fixed seed. w: every recording has the same share, so "
    "Wilson's interval over the number of recordings stands instead.</dd>"
    "<dt>SDR</dt><dd>Power of the original over power of the difference, all channels.</dd>"
    "<dt>noise to mask</dt><dd>Total NMR of the ITU-R BS.1387 basic ear model, worst channel, "
    "noise "
    "from the difference signal; full scale plays at 92 dB SPL.</dd>"
    "<dt>speeds</dt><dd>Seconds of audio in a CPU second of one thread (tools: of their "
    "process).</dd>"
    "</dl>";

}  // namespace

std::string study_page(const StudySummary& summary, const StudyResults& results,
                       const std::string& listening) {
  const std::string listen =
      listening.empty() ? ""
                        : fmt::format(
                              "<p><a href='{}'>Listen: marked, unmarked, difference x 10</a>"
                              "</p>",
                              html_escape(listening));
  return fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>The watermark, "
      "evaluated</title><style>"
      "{}{}</style></head><body><main><div class=eyebrow>Brandiron study</div><h1>The watermark, "
      "evaluated</h1>{}{}{}<h2>What may be heard</h2>{}<h2>What it "
      "withstands</h2>{}{}<h2>Trade-offs"
      "</h2><div class=pair>{}{}</div>{}<h2>Unmarked audio and wrong keys</h2>{}<h2>By "
      "material</h2>"
      "{}{}<footer>Brandiron {} ({}). This page is self-contained.</footer></main></body></html>\n",
      kPageCss, kChartCss, facts_html(summary.header_json), listen, answer_html(summary),
      fidelity_html(summary), rows_html(summary), comparison_html(summary), miss_chart(results),
      det_chart(results), family_charts(summary), negatives_html(summary), source_table(results),
      kNotes, version(), git_commit());
}

}  // namespace brandiron::experiments
