#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "corpus_export/columns.h"
#include "corpus_export/corpus_reader.h"
#include "corpus_export/staging.h"

namespace brandiron::experiments::corpus_export {

struct Tally {
  std::size_t items = 0;
  std::uint64_t bytes = 0;  ///< of audio files
  double duration_s = 0;
};

/// Totals of a corpus, for cards and descriptions.
struct Summary {
  Tally all;
  std::map<std::string, Tally> by_split, by_label, by_kind, by_persona, by_generator, by_licence;
  std::map<std::string, Tally> by_extension;  ///< of the audio: ".flac"
  std::set<std::string> languages;            ///< of the words: "en"
  std::size_t with_labels = 0, marked = 0;

  void add(const CorpusItem& item, const FileHashes& audio,
           const std::optional<nlohmann::ordered_json>& labels);
};

/// In the order in which they are always listed; only those that have items.
std::vector<std::string> splits_of(const Summary& summary);

}  // namespace brandiron::experiments::corpus_export
