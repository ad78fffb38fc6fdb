#pragma once

#include <filesystem>

#include "brandiron/experiments/corpus_build.h"
#include "corpus/journal.h"

namespace brandiron::experiments {

/// The items of a corpus that are finished: a journal lists them, and their audio is there where
/// the corpus keeps it. A disk that lost a file must not end in a manifest that lists it.
class FinishedItems {
 public:
  FinishedItems(const std::filesystem::path& folder, CorpusAudio audio);
  /// As the folder was begun.
  explicit FinishedItems(const std::filesystem::path& folder);
  bool has(const Item& item) const;
  /// As `has`, and the audio's bytes are what the journal says.
  bool is_intact(const Item& item) const;
  bool empty() const { return journals_.size() == 0; }
  /// What a journal says of an item, whether or not its audio is there.
  std::optional<std::string> line(const Item& item) const;

 private:
  std::filesystem::path folder_;
  CorpusAudio audio_;
  JournalIndex journals_;
};

}  // namespace brandiron::experiments
