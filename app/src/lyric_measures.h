#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "brandiron/models/sequence_model.h"
#include "lyric_corpus.h"

namespace brandiron::app {

/// Perplexity of the model and of its rivals on the same tokens, in the same order: Witten-Bell
/// 2- and 3-grams, and n-grams that are given the model's conditions in several orders, of which
/// validation chooses one. By kind of token, and 95 % intervals of the ratios (poems drawn again).
/// The model runs through a poem from its first word to its last, as a song is written.
nlohmann::ordered_json measure_lyrics(const models::SequenceModel& model,
                                      const gen::LyricLanguage& language,
                                      const std::vector<ReadPoem>& learnt,
                                      const std::vector<ReadPoem>& validation,
                                      const std::vector<ReadPoem>& test);

}  // namespace brandiron::app
