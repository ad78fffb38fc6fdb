#pragma once

#include <vector>

#include "brandiron/experiments/generator_study.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "generator_study/human_pack.h"

namespace brandiron::experiments {

/// What there is to measure. Human parts that are absent are empty.
struct StudyMaterial {
  std::vector<gen::Score> scores;
  gen::StyleParameters style;
  HumanTunes tunes;
  std::vector<Poem> poems;
  std::optional<ChordCounts> country, country_adjacent;
};

/// The rows and curves of each subject, appended to the summary.
void add_lyric_rows(const StudyMaterial& material, GeneratorSummary& summary);
void add_tune_rows(const StudyMaterial& material, GeneratorSummary& summary);
void add_style_rows(const StudyMaterial& material, GeneratorSummary& summary);

/// Counts as shares over the places of a curve.
std::vector<double> as_shares(std::vector<double> counts);

}  // namespace brandiron::experiments
