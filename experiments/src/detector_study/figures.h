// The parts of a detector's figures, a file or two each.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "brandiron/experiments/detector_study.h"
#include "detector_study/hearing_table.h"

namespace brandiron::experiments {

inline constexpr double kOnePercent = 0.01, kOnePerMille = 0.001;

using FigureOf = std::function<double(std::span<const std::uint16_t> weights)>;

/// A figure with its two intervals. Where every draw gives a perfect 1, the interval is Wilson's
/// for as many of as many as there are independent items in the smaller class.
StudyFigure figure_of(const StudyTables& tables, const FigureOf& figure, std::size_t recordings,
                      std::size_t sources);

/// Rows of the grid, AUC less the Fourier reference's, mean and worst.
void add_rows(const StudyTables& tables, const HeardTable& heard,
              const std::vector<DetectorRow>& rows, DetectorFigures& figures);
/// Thresholds fitted on all human sources but one.
void add_nested(const StudyTables& tables, const HeardTable& heard, double prevalence,
                DetectorFigures& figures);
void add_groups(const StudyTables& tables, const HeardTable& heard, DetectorFigures& figures);
void add_labels(const StudyTables& tables, const HeardTable& heard, DetectorFigures& figures);
void add_marks(const StudyTables& tables, const HeardTable& heard,
               const std::vector<DetectorRow>& rows, DetectorFigures& figures);
/// None where a class has fewer than two of what is dealt.
std::optional<PermutationFigures> permutation_figures(const StudyTables& tables,
                                                      const HeardTable& heard, std::uint64_t seed);
/// AUC of stretches inside recordings that are partly ai, and how far off their boundaries are
/// seen.
std::optional<SegmentFigures> segment_figures(const std::vector<DetectorClip>& clips,
                                              const DetectorResults& results,
                                              const std::string& detector);

}  // namespace brandiron::experiments
