#include <fmt/format.h>

#include "decoder_study/records.h"

namespace brandiron::experiments {
namespace {

using nlohmann::ordered_json;

ordered_json estimate_json(const Estimate& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"n", e.clusters}};
}

ordered_json combs_json(const std::vector<Comb>& combs) {
  ordered_json rows = ordered_json::array();
  for (const Comb& c : combs) rows.push_back(comb_json(c));
  return rows;
}

ordered_json twin_json(const TwinSummary& s) {
  ordered_json row{{"decoder", s.decoder},
                   {"source", s.source},
                   {"files", s.files},
                   {"leaves_comb", s.leaves_comb},
                   {"stft", estimate_json(s.stft)},
                   {"mel", estimate_json(s.mel)},
                   {"mel_grid", estimate_json(s.mel_grid)},
                   {"si_sdr_db", estimate_json(s.si_sdr_db)},
                   {"bandwidth_hz", estimate_json(s.hz)},
                   {"bandwidth_min_hz", s.hz_min},
                   {"wide", estimate_json(s.wide)},
                   {"combs", combs_json(s.combs)},
                   {"high_combs", combs_json(s.high_combs)},
                   {"comb_files", estimate_json(s.comb_files)},
                   {"cpu_s_per_s", s.cpu_s_per_s}};
  if (s.stft_gain.clusters > 0) {
    row["stft_gain"] = estimate_json(s.stft_gain);
    row["mel_gain"] = estimate_json(s.mel_gain);
    row["mel_grid_gain"] = estimate_json(s.mel_grid_gain);
    row["stft_nearer"] = estimate_json(s.stft_nearer);
    row["mel_nearer"] = estimate_json(s.mel_nearer);
    row["mel_grid_nearer"] = estimate_json(s.mel_grid_nearer);
  }
  return row;
}

/// "0.874 (62%)": a distance and the share of files in which it is below Griffin-Lim's.
std::string beside(const Estimate& distance, const Estimate& nearer) {
  const std::string won = nearer.clusters == 0 ? "" : fmt::format(" ({:.0f}%)", 100 * nearer.value);
  return fmt::format("{:.3f}{}", distance.value, won);
}

std::string twins_text(const std::vector<TwinSummary>& rows) {
  std::string text = fmt::format("{:20} {:14} {:>5} {:>13} {:>13} {:>13} {:>7} {:>6} {:>6} {:>8}\n",
                                 "decoder", "material", "files", "stft (won)", "mel (won)",
                                 "grid (won)", "SI-SDR", "kHz", "wide", "CPU-s/s");
  for (const TwinSummary& s : rows) {
    text += fmt::format(
        "{:20} {:14} {:>5} {:>13} {:>13} {:>13} {:>7.1f} {:>6.1f} {:>5.0f}% {:>8.4f}\n", s.decoder,
        s.source.empty() ? "all" : s.source, s.files, beside(s.stft, s.stft_nearer),
        beside(s.mel, s.mel_nearer), beside(s.mel_grid, s.mel_grid_nearer), s.si_sdr_db.value,
        1e-3 * s.hz.value, 100 * s.wide.value, s.cpu_s_per_s);
  }
  return text;
}

std::string combs_text(const std::vector<TwinSummary>& rows) {
  std::string text =
      fmt::format("{:22} {:>10} {:>4} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "comb of", "spacing", "n",
                  "strength", "largest", "random99", "rank", "5-16 kHz");
  for (const TwinSummary& s : rows) {
    if (!s.source.empty()) continue;
    for (std::size_t i = 0; i < s.combs.size(); ++i) {
      const Comb& c = s.combs[i];
      text += fmt::format(
          "{:22} {:>7.1f} Hz {:>4} {:>6.2f} dB {:>6.2f} dB {:>6.2f} dB {:>8.3f} {}{}\n", s.decoder,
          c.spacing_hz, c.multiples, c.strength_db, c.peak_db, c.random_p99_db, c.rank,
          i < s.high_combs.size() ? fmt::format("{:>5.2f} dB", s.high_combs[i].strength_db)
                                  : fmt::format("{:>8}", "-"),
          c.present() ? "  comb" : "");
    }
    if (!s.combs.empty()) {
      text += fmt::format("{:22} has the first in {:.0f} % of {} files; {}\n", s.decoder,
                          100 * s.comb_files.value, s.files,
                          s.leaves_comb ? "expected" : "none expected");
    }
  }
  return text;
}

std::string marks_text(const std::vector<MarkSummary>& rows) {
  std::string text = fmt::format("{:22} {:>6} {:>6} {:>24} {:>24} {:>6}\n", "marks through", "crop",
                                 "songs", "present", "payload exact", "wrong");
  const auto share = [](std::size_t k, std::size_t n, double low, double high) {
    return fmt::format("{:.0f} % ({:.0f} to {:.0f})",
                       100.0 * static_cast<double>(k) / static_cast<double>(n), 100 * low,
                       100 * high);
  };
  for (const MarkSummary& s : rows) {
    text += fmt::format("{:22} {:>4.0f} s {:>6} {:>24} {:>24} {:>6}\n", s.decoder, s.crop_s,
                        s.files, share(s.present, s.files, s.present_low, s.present_high),
                        share(s.exact, s.files, s.exact_low, s.exact_high), s.wrong);
  }
  return text;
}

/// Names of files and packages may hold anything.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string decoder_text(const DecoderSummary& summary) {
  std::string text;
  if (!summary.twins.empty()) {
    text += twins_text(summary.twins) + "\n" + combs_text(summary.twins);
  }
  if (!summary.marks.empty()) {
    text += (text.empty() ? "" : "\n") + marks_text(summary.marks);
  }
  return text;
}

std::string decoder_json(const DecoderSummary& summary) {
  ordered_json twins = ordered_json::array(), marks = ordered_json::array();
  for (const TwinSummary& s : summary.twins) twins.push_back(twin_json(s));
  for (const MarkSummary& s : summary.marks) {
    marks.push_back({{"decoder", s.decoder},
                     {"crop_s", s.crop_s},
                     {"files", s.files},
                     {"present", s.present},
                     {"present_interval", {s.present_low, s.present_high}},
                     {"exact", s.exact},
                     {"exact_interval", {s.exact_low, s.exact_high}},
                     {"wrong", s.wrong}});
  }
  return ordered_json{{"schema", "brandiron.decoder-study/1"}, {"twins", twins}, {"marks", marks}}
      .dump();
}

std::string twins_csv(const DecoderResults& results) {
  std::string text =
      "file,source,decoder,duration_s,channels,stft,stft_log,stft_convergence,mel,mel_grid,"
      "si_sdr_db,bandwidth_hz,original_hz,cpu_s,comb_spacing_hz,comb_db,comb_p99_db,comb_rank\n";
  for (const TwinResult& r : results.twins) {
    const Comb comb = r.combs.empty() ? Comb{} : r.combs.front();
    text += fmt::format(
        "{},{},{},{:.3f},{},{:.5f},{:.5f},{:.5f},{:.5f},{:.5f},{:.3f},{:.0f},{:.0f},{:.4f},{:.4f},{"
        ":.3f},"
        "{:.3f},{:.4f}\n",
        quoted(r.file), quoted(r.source), quoted(r.decoder), r.duration_s, r.channels,
        r.closeness.stft, r.closeness.stft_log, r.closeness.stft_convergence, r.closeness.mel,
        r.closeness.mel_grid, r.closeness.si_sdr_db, r.bandwidth.hz, r.bandwidth.original_hz,
        r.cpu_s, comb.spacing_hz, comb.strength_db, comb.random_p99_db, comb.rank);
  }
  return text;
}

std::string marks_csv(const DecoderResults& results) {
  std::string text = "file,source,decoder,crop_s,present,exact,wrong,p,ber\n";
  for (const MarkResult& m : results.marks) {
    text += fmt::format("{},{},{},{:g},{:d},{:d},{:d},{:.4g},{:.4f}\n", quoted(m.file),
                        quoted(m.source), quoted(m.decoder), m.crop_s, m.present, m.exact, m.wrong,
                        m.p, m.ber);
  }
  return text;
}

}  // namespace brandiron::experiments
