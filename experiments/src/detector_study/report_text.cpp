#include <fmt/format.h>

#include "detector_study/show.h"

namespace brandiron::experiments {
namespace {

std::string clean_table(const DetectorSummary& summary) {
  std::string text = fmt::format("{:18} {:>9} {:38} {:22} {:26} {:26} {:>6} {:>6} {:>8}\n",
                                 "as it is", "ai/human", "AUC [recordings] | [sources]", "EER",
                                 "TPR at 1 % FPR", "TPR at 0.1 % FPR", "ECE", "Brier", "x real t.");
  for (const DetectorFigures& d : summary.detectors) {
    if (d.rates.size() < 2) continue;
    text +=
        fmt::format("{:18} {:>9} {:38} {:22} {:26} {:26} {:>6} {:>6} {:>8}\n", d.name,
                    fmt::format("{}/{}", d.num_ai, d.num_human), shown_both(d.auc), shown(d.eer),
                    shown(d.rates[0]), shown(d.rates[1]), shown(d.ece), shown(d.brier),
                    d.realtime_cpu > 0 ? fmt::format("{:.0f}", d.realtime_cpu) : "-");
  }
  return text;
}

std::string nested_table(const DetectorSummary& summary) {
  std::string text = fmt::format(
      "\nThresholds of 1 % fitted on the other human sources, precision where {:g} %"
      " of deliveries are ai\n{:18} {:>6} {:24} {:>10} {:>18}\n",
      100 * summary.prevalence, "", "TPR", "FPR", "precision", "at the upper FPR");
  for (const DetectorFigures& d : summary.detectors) {
    if (!d.nested) continue;
    text += fmt::format(
        "{:18} {:>6.2f} {:24} {:>10.3f} {:>18.3f}\n", d.name, d.nested_tpr,
        fmt::format("{:.3f} [{:.3f}, {:.3f}]", d.nested_fpr, d.nested_low, d.nested_high),
        d.precision, d.precision_low);
  }
  return text;
}

std::string row_line(const RowFigures& r) {
  const std::string over = r.over_fourier ? shown(*r.over_fourier) : "-";
  return fmt::format("  {:22} {:7} {:24} {:24} {:>6.2f} {:>6.2f} {:>7.3f} {:>7.3f}  {}\n", r.row,
                     r.kind, shown(r.auc), r.rates.empty() ? "" : shown(r.rates[0]), r.fixed_tpr,
                     r.fixed_fpr, r.drift_mean, r.drift_max, over);
}

std::string rows_table(const DetectorFigures& d) {
  std::string text =
      fmt::format("\n{}: rows\n  {:22} {:7} {:24} {:24} {:>6} {:>6} {:>7} {:>7}  {}\n", d.name, "",
                  "", "AUC", "TPR at 1 % FPR", "fixed", "FPR", "drift", "max", "AUC over fourier");
  for (const RowFigures& r : d.rows) text += row_line(r);
  text +=
      fmt::format("  mean AUC over attacks {}, worst {}\n", shown(d.mean_auc), shown(d.worst_auc));
  if (d.mean_over_fourier && d.worst_over_fourier) {
    text += fmt::format("  over fourier: mean {}, worst {}\n", shown(*d.mean_over_fourier),
                        shown(*d.worst_over_fourier));
  }
  return text;
}

std::string groups_table(const DetectorFigures& d) {
  std::string text = fmt::format(
      "\n{}: ai by group{}\n", d.name,
      d.groups.empty() || !d.groups[0].left_out_auc ? "" : " (left out: trained without it)");
  for (const GroupFigures& g : d.groups) {
    text += fmt::format("  {:44} n {:>4}  AUC {:24} TPR {:.2f} [{:.2f}, {:.2f}]{}", g.group, g.n,
                        shown(g.auc), g.nested_tpr, g.low, g.high, g.supported ? "" : " n");
    if (g.left_out_auc) {
      text += fmt::format("  left out: AUC {:.3f} TPR {:.2f}", *g.left_out_auc,
                          g.left_out_tpr.value_or(0));
    }
    text += "\n";
  }
  text += fmt::format("{}: human by source, at 1 % fitted on the others\n", d.name);
  for (const SourceFigures& s : d.sources) {
    text += fmt::format("  {:44} n {:>4}  flagged {:>3}  FPR {:.3f} [{:.3f}, {:.3f}]\n", s.source,
                        s.n, s.flagged, s.fpr, s.low, s.high);
  }
  return text;
}

std::string others_table(const DetectorFigures& d) {
  std::string text;
  for (const LabelFigures& l : d.labels) {
    text += fmt::format(
        "{}: {} n {}: flagged {} [{:.2f}, {:.2f}], mean p {:.2f}, AUC over human "
        "{:.3f}\n",
        d.name, l.label, l.n, l.flagged, l.low, l.high, l.mean_p, l.auc_over_human);
  }
  for (const MarkFigures& m : d.marks) {
    text += fmt::format("{}: marked against unmarked ({}), {} pairs: AUC {}, mean change {:+.4f}\n",
                        d.name, m.what, m.pairs, shown(m.auc), m.mean_change);
  }
  if (d.permuted) {
    text += fmt::format("{}: labels dealt anew: {}\n", d.name, shown(*d.permuted));
  }
  if (d.taught_anew) {
    text += fmt::format("{}: taught with labels dealt anew: {}\n", d.name, shown(*d.taught_anew));
  }
  if (d.segments) {
    text += fmt::format(
        "{}: {} tracks with parts: segment AUC {:.3f} of {}, boundaries {} (missed "
        "{}), median error {} s\n",
        d.name, d.segments->tracks, d.segments->auc, d.segments->segments, d.segments->boundaries,
        d.segments->missed, shown(d.segments->boundary_error_s, 2));
  }
  if (!d.failure.empty()) text += fmt::format("{}: FAILED: {}\n", d.name, d.failure);
  if (d.errors > 0) text += fmt::format("{}: no score for {} copies\n", d.name, d.errors);
  return text;
}

}  // namespace

std::string detector_text(const DetectorSummary& summary) {
  std::string text = clean_table(summary) + nested_table(summary);
  for (const DetectorFigures& d : summary.detectors) {
    if (d.name == kRandomReference || d.name == kContentFreeRawProbe || d.rows.empty()) continue;
    text += rows_table(d);
  }
  for (const DetectorFigures& d : summary.detectors) {
    if (d.name != kContentFreeRawProbe && !d.groups.empty()) text += groups_table(d);
  }
  text += "\n";
  for (const DetectorFigures& d : summary.detectors) text += others_table(d);
  for (const std::string& note : summary.notes) text += note + "\n";
  text +=
      "(... n): the number of human recordings does not support this rate: 3 / rate are needed.";
  return text;
}

}  // namespace brandiron::experiments
