#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/lyric_language.h"
#include "brandiron/models/sequence_net.h"

namespace brandiron::app {

/// A poem as the lyric model reads it, stanza after stanza.
struct ReadPoem {
  std::string book, title;
  std::vector<gen::LyricStep> steps;
};

/// Books of verse, apart by book: nothing of a test or validation book is learnt from.
struct LyricCorpus {
  std::vector<gen::LyricPoem> learnt, validation, test;
};

/// Reads every *.txt below `folder` that is not in `exclude`.
/// @throws Error(kConfig) for a book that is named and is not there; Error(kIo).
LyricCorpus read_lyric_corpus(const std::filesystem::path& folder,
                              const std::vector<std::string>& test,
                              const std::vector<std::string>& validation,
                              const std::vector<std::string>& exclude);

std::vector<ReadPoem> read_poems(const gen::LyricLanguage& language,
                                 const std::vector<gen::LyricPoem>& poems);

/// Windows of poems, padded to one length, ready for the trainer.
struct LyricBatch {
  std::size_t sequences = 0, steps = 0;
  std::vector<int> inputs, targets;
  std::vector<float> weights;

  models::SequenceBatch view() const { return {sequences, steps, inputs, targets, weights}; }
};

/// `sequences` windows of `steps` steps that begin where lines begin, drawn in proportion to the
/// poems' lengths.
LyricBatch draw_batch(const std::vector<ReadPoem>& poems, std::size_t sequences, std::size_t steps,
                      Rng& rng);

/// All of the poems in windows of `steps`, in batches of `sequences`: for validation.
std::vector<LyricBatch> all_batches(const std::vector<ReadPoem>& poems, std::size_t sequences,
                                    std::size_t steps);

}  // namespace brandiron::app
