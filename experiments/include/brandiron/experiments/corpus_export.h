#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace brandiron::experiments {

/// What a corpus folder with a manifest.jsonl is written as for others to read.
struct CorpusExportOptions {
  std::filesystem::path corpus;                   ///< folder that holds manifest.jsonl
  std::filesystem::path out;                      ///< appears whole or not at all
  std::vector<std::string> formats;               ///< of `corpus_export_formats()`, or "all"
  std::uint64_t max_shard_bytes = 1'000'000'000;  ///< of a WebDataset shard, at least 1 MB
  bool copy = false;                              ///< copy audio where a hard link would do
  bool overwrite = false;                         ///< replace `out` where it is an earlier export
  int jobs = 1;
  std::string title;                 ///< of the data card; empty: the recipe's name
  std::vector<std::string> authors;  ///< of CITATION.cff; empty: the generator is named
  std::string url, date;             ///< where and when it is published (YYYY-MM-DD); may be empty

  /// @throws Error(kInvalidArgument) for no or unknown formats and shards below 1 MB.
  void validate() const;
};

/// One format as written.
struct CorpusExport {
  std::string format;
  std::filesystem::path folder;  ///< `out`, or `out`/format where there are several
  std::size_t items = 0, files = 0;
  std::uint64_t bytes = 0;            ///< linked audio counted in
  std::vector<std::string> left_out;  ///< what the corpus does not have, in words
};

/// audiofolder webdataset parquet jams mirdata lab croissant sqlite card.
const std::vector<std::string>& corpus_export_formats();

/// Writes every chosen format in one pass over the manifest. The bytes depend on the corpus, the
/// options and the version only. Every audio file that is written, linked or listed is hashed
/// first. What needs audio is left out of "all", and said, where a corpus is virtual.
/// @throws Error(kIo, kFormat) naming the manifest's line or the file, also where a file is not the
/// one that the manifest lists; Error(kInvalidArgument) where a chosen format needs audio that the
/// corpus does not have; Error(kOutput) where `out` exists or cannot be written.
std::vector<CorpusExport> export_corpus(const CorpusExportOptions& options);

}  // namespace brandiron::experiments
