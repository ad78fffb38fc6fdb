#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "melody_corpus.h"

namespace brandiron::app {

/// What the n-grams of notes may look at.
enum class NgramSight {
  kNotes,       ///< the notes before, as joint tokens
  kConditions,  ///< up to three notes before, and all that the network is told of a note
  kMemory       ///< that, and what its memory of the tune expects
};

/// An n-gram model of notes and what it costs on each note of the held-out tunes.
struct NgramResult {
  std::vector<std::vector<std::string>>
      contexts;                      ///< of each factor; what stands first backs off first
  std::vector<std::string> factors;  ///< "length", "pitch", or "note"
  std::vector<double> test;          ///< nats of each held-out tune
  double validation_perplexity = 0;
};

/// Witten-Bell n-grams, each level interpolated with the next shorter context. For kNotes the order
/// 1 to 3 is chosen by perplexity on the validation tunes; for the others both factorings of a note
/// and every first variable are tried, and more variables added greedily.
/// @see Witten and Bell, "The zero-frequency problem", IEEE Trans. Information Theory 37, 1991.
NgramResult best_ngram(const MelodyCorpus& corpus, NgramSight sight);

}  // namespace brandiron::app
