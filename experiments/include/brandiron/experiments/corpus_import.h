#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace brandiron::experiments {

/// Recordings of others as a corpus of ours: a manifest.jsonl of kind "imported".
struct CorpusImportOptions {
  std::string format;          ///< of `corpus_import_formats()`
  std::filesystem::path from;  ///< the folder as its makers publish it
  std::filesystem::path out;   ///< gets manifest.jsonl
  std::string licence;         ///< of the recordings; no default: whoever imports knows it
  std::string label;           ///< "ai" or "human" for all; empty: from the files' place
  std::vector<std::string> human_folders;  ///< fakemusiccaps: names of folders of recordings
  std::string source;                      ///< empty: the format or the folder's name
  /// Which clips are one track and stay in one split: a regular expression whose first group names
  /// the track in the file's name without extension. Empty: the format's own rule.
  std::string track_pattern;
  std::array<double, 3> shares{0.8, 0.1, 0.1};  ///< train, validation, test where splits are drawn
  std::uint64_t seed = 1;                       ///< of drawn splits
  bool link = false;  ///< link the audio into `out`/audio; else the manifest points at it
  bool overwrite = false;
  int jobs = 1;

  /// @throws Error(kInvalidArgument) for what is missing or out of range.
  void validate() const;
};

struct CorpusImport {
  std::size_t items = 0, ai = 0, human = 0, mixed = 0, train = 0, validation = 0, test = 0;
  double duration_s = 0;
  std::vector<std::pair<std::string, std::string>> failed;  ///< file or row, and why
  std::vector<std::string> notes;                           ///< what a reader should know
};

/// sonics fakemusiccaps folder.
const std::vector<std::string>& corpus_import_formats();

/// Reads tables and folders, probes and hashes every file, decides splits and writes the manifest
/// (whole or not at all). Splits that the source gives are kept; others are drawn by track from
/// (seed, track name), so that adding files moves none. What cannot be read is listed in `failed`
/// and left out. @throws Error(kIo, kFormat) where nothing can be read; Error(kOutput).
CorpusImport import_corpus(const CorpusImportOptions& options);

}  // namespace brandiron::experiments
