#include <fmt/format.h>

#include <algorithm>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {
namespace {

const RowSummary* find_row(const StudySummary& summary, const std::string& tool, double strength,
                           const std::string& row) {
  for (const RowSummary& r : summary.rows) {
    if (r.tool == tool && r.strength == strength && r.row == row) return &r;
  }
  return nullptr;
}

std::string share(const Estimate& e) {
  return fmt::format("{:5.1f} [{:5.1f}, {:5.1f}]", 100 * e.value, 100 * e.low, 100 * e.high);
}

double cpu_per_second(const RowSummary& r) { return r.audio_s > 0 ? r.cpu_s / r.audio_s : 0; }

std::string fidelity_line(const FidelitySummary& f) {
  return fmt::format(
      "  {:<22} SDR {:.2f} dB (least {:.2f}), noise to mask {:.2f} dB (largest {:.2f}), embedding "
      "{:.3f} CPU-s a minute\n",
      fmt::format("{} at {:g}", f.tool, f.strength), f.sdr_db.value, f.sdr_min_db, f.nmr_db.value,
      f.nmr_max_db, f.embed_x > 0 ? 60 / f.embed_x : 0);
}

std::string table(const StudySummary& summary, const FidelitySummary& ours,
                  const FidelitySummary& theirs) {
  std::string text = fmt::format("\n{} beside {}\n", ours.tool, theirs.tool) + fidelity_line(ours) +
                     fidelity_line(theirs);
  if (theirs.tool == "audiowmark") {
    text +=
        "  audiowmark carries 128 bits, brandiron 64; audiowmark's payload counts as read when it "
        "is anywhere among the patterns listed\n";
  }
  text += fmt::format("{:<26} {:>22} {:>22} {:>26}\n", "attack", "exact %, brandiron",
                      "exact %, " + theirs.tool, "CPU to read, theirs / ours");
  double our_cpu = 0, their_cpu = 0;
  for (const RowSummary& r : summary.rows) {
    if (r.tool != ours.tool || r.strength != ours.strength) continue;
    const RowSummary* other = find_row(summary, theirs.tool, theirs.strength, r.row);
    if (other == nullptr) continue;
    our_cpu += r.cpu_s;
    their_cpu += other->cpu_s;
    const double ratio = cpu_per_second(r) > 0 ? cpu_per_second(*other) / cpu_per_second(r) : 0;
    text += fmt::format("{:<26} {:>22} {:>22} {:>26.1f}\n", r.title, share(r.exact),
                        share(other->exact), ratio);
  }
  if (our_cpu > 0) {
    text +=
        fmt::format("{:<26} {:>22} {:>22} {:>26.1f}\n", "all rows", "", "", their_cpu / our_cpu);
  }
  return text;
}

}  // namespace

std::string comparison_text(const StudySummary& summary) {
  std::string text;
  for (const FidelitySummary& ours : summary.fidelity) {
    if (ours.tool != "brandiron") continue;
    for (const FidelitySummary& theirs : summary.fidelity) {
      if (theirs.tool != "brandiron") text += table(summary, ours, theirs);
    }
  }
  return text;
}

}  // namespace brandiron::experiments
