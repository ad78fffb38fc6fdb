#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::ordered_json;

// The limits of what may be heard and changed, at default strength.
constexpr double kSdrDb = 28, kSdrMinDb = 25, kNmrDb = -8, kAbove = 0.01, kLoudnessLu = 0.1;

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string share_text(const Estimate& e) {
  if (e.n == 0) return "-";
  return fmt::format("{:>5} [{:>5}, {:>5}]{}", percent(e.value), percent(e.low), percent(e.high),
                     e.method == "wilson" ? "w" : " ");
}

std::string target_text(const RowSummary& row) {
  std::string text;
  if (row.target_exact) text += fmt::format("exact {:.0f}", 100 * *row.target_exact);
  if (row.target_present) {
    text += fmt::format("{}present {:.0f}", text.empty() ? "" : ", ", 100 * *row.target_present);
  }
  return text;
}

std::string verdict_text(const RowSummary& row) {
  if (!row.target_exact && !row.target_present) return "";
  return row.reached ? "reached" : "NOT REACHED";
}

const char* yes(bool good) { return good ? "reached" : "NOT REACHED"; }

std::string fidelity_text(const FidelitySummary& f) {
  std::string text = fmt::format("{} at strength {:g}: {} marked files from {} recordings\n",
                                 f.tool, f.strength, f.n, f.files);
  const auto line = [&](const std::string& what, const std::string& value,
                        const std::string& target, bool good) {
    text += fmt::format("  {:<46} {:<28} {:<12} {}\n", what, value, target, yes(good));
  };
  const auto mean = [](const Estimate& e) {
    return fmt::format("{:.2f} [{:.2f}, {:.2f}]", e.value, e.low, e.high);
  };
  line("SDR, dB, mean", mean(f.sdr_db), ">= 28", f.sdr_db.value >= kSdrDb);
  line("SDR, dB, least", fmt::format("{:.2f}", f.sdr_min_db), ">= 25", f.sdr_min_db >= kSdrMinDb);
  line("noise-to-mask ratio, dB, mean of files", mean(f.nmr_db), "<= -8", f.nmr_db.value <= kNmrDb);
  line("noise-to-mask ratio, dB, largest", fmt::format("{:.2f}", f.nmr_max_db), "", true);
  line("cells above the mask, %, mean",
       fmt::format("{:.3f} [{:.3f}, {:.3f}]", 100 * f.nmr_above.value, 100 * f.nmr_above.low,
                   100 * f.nmr_above.high),
       "< 1", f.nmr_above.value < kAbove);
  line("cells above the mask, %, largest", fmt::format("{:.3f}", 100 * f.nmr_above_max), "", true);
  line("change of loudness, LU, largest", fmt::format("{:.3f}", f.loudness_change_max_lu), "<= 0.1",
       f.loudness_change_max_lu <= kLoudnessLu);
  line("samples newly beyond full scale", fmt::format("{}", f.clipped), "0", f.clipped == 0);
  if (f.clipped_in_over > 0) {
    text += fmt::format("  {:<46} {}\n", "  more, in files that go beyond it unmarked",
                        f.clipped_in_over);
  }
  text += fmt::format("  {:<46} {:.0f} x real time (CPU time, one core)\n", "embedding", f.embed_x);
  return text;
}

std::string rows_text(const std::vector<RowSummary>& rows) {
  std::string text, setting;
  for (const RowSummary& r : rows) {
    const std::string now = fmt::format("{} at strength {:g}", r.tool, r.strength);
    if (now != setting) {
      setting = now;
      text += fmt::format(
          "\n{}\n{:<26} {:>5} {:>21}  {:>21}  {:>5} {:>6} {:>6} {:>8} {:>5} {:>7}  {}\n", now,
          "attack", "n", "exact %", "present %", "wrong", "z mean", "z min", "p max", "BER",
          "read x", "target %");
    }
    text += fmt::format(
        "{:<26} {:>5} {:>21}  {:>21}  {:>5} {:>6.1f} {:>6.1f} {:>8.1e} {:>5.3f} {:>7.1f}  {} {}\n",
        r.title, r.exact.n, share_text(r.exact), share_text(r.present), r.wrong, r.z_mean, r.z_min,
        r.p_max, r.ber.value, r.cpu_s > 0 ? r.audio_s / r.cpu_s : 0, target_text(r),
        verdict_text(r));
    if (r.errors > 0) text += fmt::format("{:<26} {} trials ended in an error\n", "", r.errors);
  }
  return text;
}

std::string negatives_text(const std::vector<NegativeSummary>& negatives) {
  std::string text;
  for (const NegativeSummary& s : negatives) {
    text += fmt::format("{}, {}: {} of {} present at 1e-9, {} payloads, least p {:.2g}", s.tool,
                        s.kind == "twin" ? "unmarked twins" : "wrong keys", s.present, s.n,
                        s.payloads, s.p_min);
    for (auto at = s.below.rbegin(); at != s.below.rend(); ++at) {
      if (at->first >= 1e-3) {
        text += fmt::format("; p <= {:g}: {:.4f}", at->first,
                            static_cast<double>(at->second) / static_cast<double>(s.n));
      }
    }
    text += fmt::format(" (no false alarm in {} supports a rate under {:.2g})\n", s.n,
                        std::min(1.0, 3.0 / static_cast<double>(s.n)));
  }
  return text;
}

Json estimate_json(const Estimate& e) {
  return {{"value", e.value}, {"low", e.low},           {"high", e.high},
          {"n", e.n},         {"clusters", e.clusters}, {"method", e.method}};
}

Json row_json(const RowSummary& r) {
  Json json{{"tool", r.tool},
            {"strength", r.strength},
            {"row", r.row},
            {"title", r.title},
            {"exact", estimate_json(r.exact)},
            {"present", estimate_json(r.present)},
            {"p_threshold", r.p_threshold},
            {"wrong", r.wrong},
            {"errors", r.errors},
            {"z_mean", r.z_mean},
            {"z_min", r.z_min},
            {"p_max", r.p_max},
            {"ber", estimate_json(r.ber)},
            {"read_x", r.cpu_s > 0 ? r.audio_s / r.cpu_s : 0},
            {"cpu_s", r.cpu_s},
            {"reached", r.reached}};
  json["target_exact"] = r.target_exact ? Json(*r.target_exact) : Json();
  json["target_present"] = r.target_present ? Json(*r.target_present) : Json();
  return json;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string study_text(const StudySummary& summary) {
  std::string text;
  for (const FidelitySummary& f : summary.fidelity) text += fidelity_text(f);
  text += rows_text(summary.rows);
  text += comparison_text(summary);
  text += "\n";
  text += negatives_text(summary.negatives);
  text +=
      "Intervals are 95 %, clustered by file: files drawn again (2000 times); w: all files agree, "
      "Wilson over the number of files.\nz: the larger the stronger; BER: raw bits, of exact "
      "readings; read x: seconds of audio in a CPU second.";
  return text;
}

std::string study_json(const StudySummary& summary) {
  Json json{{"schema", "brandiron.watermark-summary/1"},
            {"run", Json::parse(summary.header_json, nullptr, false)}};
  json["fidelity"] = Json::array();
  for (const FidelitySummary& f : summary.fidelity) {
    json["fidelity"].push_back({{"tool", f.tool},
                                {"strength", f.strength},
                                {"n", f.n},
                                {"files", f.files},
                                {"sdr_db", estimate_json(f.sdr_db)},
                                {"sdr_min_db", f.sdr_min_db},
                                {"nmr_db", estimate_json(f.nmr_db)},
                                {"nmr_max_db", f.nmr_max_db},
                                {"nmr_above", estimate_json(f.nmr_above)},
                                {"nmr_above_max", f.nmr_above_max},
                                {"loudness_change_max_lu", f.loudness_change_max_lu},
                                {"clipped", f.clipped},
                                {"clipped_in_over", f.clipped_in_over},
                                {"embed_x", f.embed_x}});
  }
  json["rows"] = Json::array();
  for (const RowSummary& r : summary.rows) json["rows"].push_back(row_json(r));
  json["negatives"] = Json::array();
  for (const NegativeSummary& s : summary.negatives) {
    Json below = Json::object();
    for (const auto& [a, n] : s.below) below[fmt::format("{:g}", a)] = n;
    json["negatives"].push_back({{"tool", s.tool},
                                 {"kind", s.kind},
                                 {"n", s.n},
                                 {"present", s.present},
                                 {"payloads", s.payloads},
                                 {"p_min", s.p_min},
                                 {"p_at_most", below}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string study_csv(const StudySummary& summary) {
  std::string text =
      "tool,strength,row,title,n,files,exact,exact_low,exact_high,present,present_low,present_high,"
      "interval,wrong,errors,z_mean,z_min,p_max,ber,read_x,target_exact,target_present,reached\n";
  const auto optional = [](const std::optional<double>& x) {
    return x ? fmt::format("{:g}", *x) : std::string();
  };
  for (const RowSummary& r : summary.rows) {
    text += fmt::format(
        "{},{:g},{},{},{},{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{},{},{},{:.2f},{:.2f},{:."
        "3g},"
        "{:.4f},{:.2f},{},{},{}\n",
        quoted(r.tool), r.strength, r.row, quoted(r.title), r.exact.n, r.exact.clusters,
        r.exact.value, r.exact.low, r.exact.high, r.present.value, r.present.low, r.present.high,
        r.exact.method, r.wrong, r.errors, r.z_mean, r.z_min, r.p_max, r.ber.value,
        r.cpu_s > 0 ? r.audio_s / r.cpu_s : 0, optional(r.target_exact), optional(r.target_present),
        r.reached ? "yes" : "no");
  }
  return text;
}

}  // namespace brandiron::experiments
