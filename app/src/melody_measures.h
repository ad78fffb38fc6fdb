#pragma once

#include <nlohmann/json.hpp>

#include "brandiron/models/sequence_model.h"
#include "melody_corpus.h"

namespace brandiron::app {

/// Perplexity a note (length and pitch together) on the test tunes: of the model, and of the best
/// Witten-Bell n-grams that see notes alone, the model's conditions, and its memory too. Ratios of
/// perplexities with 95 % intervals, by bootstrap over tunes.
nlohmann::ordered_json measure_melody(const models::SequenceModel& model,
                                      const MelodyCorpus& corpus);

}  // namespace brandiron::app
