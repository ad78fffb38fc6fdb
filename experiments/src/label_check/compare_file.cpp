#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "label_check/compare.h"
#include "label_check/loudness_meter.h"

namespace brandiron::experiments::labels {
namespace {

constexpr double kDurationSeconds = 0.001, kLoudnessLu = 0.2, kPeakDb = 0.3;

void compare_number(const std::string& label, double expected, double found, double tolerance,
                    const char* unit, Findings& out) {
  LabelFinding finding;
  finding.label = label;
  finding.events = 1;
  finding.distance = std::fabs(found - expected);
  finding.agrees = finding.distance <= tolerance;
  finding.agreed = finding.agrees ? 1 : 0;
  finding.expected = fmt::format("{:.3f} {}", expected, unit);
  finding.found = fmt::format("{:.3f} {}", found, unit);
  out.push_back(finding);
}

}  // namespace

void compare_file(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  compare_number("duration", stated.duration_s, sound.mix.duration_s(), kDurationSeconds, "s", out);
  compare_number("loudness", stated.integrated_lufs, loudness_lufs(sound.mix), kLoudnessLu, "LUFS",
                 out);
  compare_number("true-peak", stated.true_peak_dbtp, true_peak_dbtp(sound.mix), kPeakDb, "dBTP",
                 out);
}

}  // namespace brandiron::experiments::labels
