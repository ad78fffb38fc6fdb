#include "detector_study/show.h"

#include <fmt/format.h>

namespace brandiron::experiments {
namespace {

std::string bounds(const std::optional<std::pair<double, double>>& interval, int digits) {
  return interval
             ? fmt::format("[{:.{}f}, {:.{}f}]", interval->first, digits, interval->second, digits)
             : "[-]";
}

}  // namespace

std::string shown(const StudyFigure& figure, int digits) {
  return fmt::format("{:.{}f} {}", figure.value, digits, bounds(figure.by_recording, digits));
}

std::string shown_both(const StudyFigure& figure, int digits) {
  return shown(figure, digits) + " | " + bounds(figure.by_source, digits);
}

std::string shown(const StudyRate& rate) {
  const std::string text = shown(rate.tpr, 2);
  return rate.supported ? text : "(" + text + " n)";
}

std::string shown(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string shown(const PermutationFigures& f) {
  const std::string text =
      fmt::format("mean AUC {:.3f} [{:.3f}, {:.3f}] of {} deals to {} {}", f.mean_auc, f.low,
                  f.high, f.deals, f.units, f.by_source ? "sources" : "recordings");
  return f.p ? text + fmt::format(", as high as found: p {:.3g}", *f.p) : text;
}

}  // namespace brandiron::experiments
