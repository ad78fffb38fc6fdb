#pragma once

#include <string>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// Share of exact payloads and raw bit error rate over the level of the attack, a pair of charts a
/// family with at least two levels.
std::string family_charts(const StudySummary& summary);
/// Share of missed marks over the p at which a mark is called present: a detection error trade-off
/// whose false-positive axis is the proven bound. One curve a length of audio.
std::string miss_chart(const StudyResults& results);
/// Measured trade-off on the statistic z, unmarked twins and wrong keys as negatives.
std::string det_chart(const StudyResults& results);
/// Exact share by source of the material, all rows together.
std::string source_table(const StudyResults& results);

}  // namespace brandiron::experiments
