#include "detect_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/experiments/html.h"
#include "brandiron/experiments/sound_pictures.h"

namespace brandiron::app {
namespace {

constexpr double kWidth = 1000, kStripHeight = 28;

constexpr const char* kStyle = R"css(
body{font:16px/1.5 system-ui,sans-serif;max-width:1060px;margin:2em auto;padding:0 1em;color:#222;background:#fff}
h1{font-size:1.3em;overflow-wrap:anywhere}h2{font-size:1.05em;margin-top:1.6em}
.verdict{font-size:1.6em;font-weight:600}.ai{color:#a8321a}.human{color:#1d6a8a}.undecided{color:#6b6456}
svg{max-width:100%;height:auto}table{border-collapse:collapse}td,th{padding:.2em .7em .2em 0;text-align:left;vertical-align:top}
.bar{display:inline-block;height:.8em}small{color:#555}
@media(prefers-color-scheme:dark){body{background:#171614;color:#ddd}small{color:#aaa}.ai{color:#f0805f}.human{color:#6fbfe0}.undecided{color:#b8ae98}}
)css";

/// Blue for human, through grey, to red for synthetic; dark enough on both sides to read in grey.
std::string colour(double p) {
  const double t = std::clamp(p, 0.0, 1.0);
  const auto mix = [&](double low, double middle, double high) {
    return static_cast<int>(std::lround(t < 0.5 ? low + (middle - low) * 2 * t
                                                : middle + (high - middle) * (2 * t - 1)));
  };
  return fmt::format("rgb({},{},{})", mix(40, 225, 178), mix(110, 220, 52), mix(150, 210, 28));
}

std::string clock(double seconds) {
  const int whole = static_cast<int>(std::max(0.0, seconds));
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// One rectangle a second; below it a line over each stretch that sounds synthetic.
std::string strip(const detect::Detection& d, double duration_s) {
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"how synthetic each second "
      "sounds\">",
      kWidth, kStripHeight + 10);
  const double scale = kWidth / std::max(duration_s, 1e-3);
  for (const auto& s : d.curve) {
    svg += fmt::format(
        "<rect x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"><title>{} p "
        "{:.2f}</title></rect>",
        s.start_s * scale, (s.end_s - s.start_s) * scale + 0.3, kStripHeight, colour(s.p_ai),
        clock(s.start_s), s.p_ai);
  }
  for (const auto& s : d.spans) {
    svg += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"5\" fill=\"currentColor\"><title>{} "
        "- {}</title></rect>",
        s.start_s * scale, kStripHeight + 3, (s.end_s - s.start_s) * scale, clock(s.start_s),
        clock(s.end_s));
  }
  return svg + "</svg>";
}

/// What each branch adds to the log likelihood ratio, as bars to the left (human) and the right.
std::string branch_table(const detect::Detection& d) {
  std::string rows;
  for (const auto& e : d.evidence) {
    const bool is_branch = e.kind == "spectral-network" || e.kind == "novelty-share" ||
                           e.kind == "comb-share" || e.kind == "lines-share";
    if (!is_branch) continue;
    const double width = std::min(std::abs(e.value), 12.0) * 12;
    rows += fmt::format(
        "<tr><td>{}</td><td>{:+.2f}</td><td><span class=\"bar\" style=\"width:{:.0f}px;"
        "background:{}\"></span></td></tr>",
        experiments::html_escape(e.kind), e.value, width, colour(e.value > 0 ? 1 : 0));
  }
  return "<table><tr><th>branch</th><th>adds</th><th></th></tr>" + rows + "</table>";
}

std::string evidence_list(const detect::Detection& d) {
  std::string items;
  for (const auto& e : d.evidence) items += "<li>" + experiments::html_escape(e.text) + "</li>";
  return "<ul>" + items + "</ul>";
}

std::string spectrogram(const AudioBuffer& audio) {
  experiments::StagesOptions options;
  options.high_hz = std::min(16000.0, 0.45 * audio.rate_hz());
  options.row_height = 220;
  return experiments::stages_svg("Spectrogram", {{"", audio.to_mono()}}, options);
}

}  // namespace

std::string detection_page(const std::string& file, const AudioBuffer& audio,
                           const detect::Detection& d) {
  std::string page = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style></head><body><h1>{0}</"
      "h1>",
      experiments::html_escape(file), kStyle);
  page += fmt::format(
      "<p class=\"verdict {0}\">{0}</p><p>{1}</p><p><small>p {2:.3f} under a prior of {3:.2f}; "
      "\"ai\" begins at {4:.3f}, where at most {5:.2g} of human recordings are flagged (n "
      "{6}).</small></p>",
      d.verdict, experiments::html_escape(d.explanation), d.p_ai, d.prior, d.threshold.p_ai,
      d.threshold.fpr, d.threshold.n);
  page +=
      "<h2>Second by second</h2>" + strip(d, audio.duration_s()) +
      "<p><small>Blue sounds human, red synthetic; a bar below marks the stretches found. Single "
      "seconds err more often than the whole.</small></p>" +
      spectrogram(audio);
  page += "<h2>What each branch adds to the log likelihood ratio</h2>" + branch_table(d);
  page += "<h2>Evidence</h2>" + evidence_list(d);
  page += fmt::format(
      "<h2>What this proves</h2><p>A verdict is a measured likelihood and no proof. Nobody should "
      "be accused on its word alone: look for a watermark, ask for the session, listen.</p><p>"
      "<small>{} {}, SHA-256 {}</small></p></body></html>\n",
      experiments::html_escape(d.model_name), experiments::html_escape(d.model_version),
      experiments::html_escape(d.model_sha256));
  return page;
}

}  // namespace brandiron::app
