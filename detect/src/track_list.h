// The recordings that a detector is trained and judged on, and how they are split.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/config.h"

namespace brandiron::detect {

/// A stretch of a spliced recording.
struct SourceSpan {
  double start_s = 0, end_s = 0;
  bool is_ai = false;
};

struct Track {
  std::string id;  ///< unique
  std::filesystem::path file;
  /// "ai", "human", "resynthesised" (human music through a decoder), "mixed" (parts of both), or
  /// "voice" (to mix in).
  std::string label;
  std::string source;  ///< what must not be on both sides of a split: package, persona
  std::string title;   ///< clips of one title are one recording
  std::string licence;
  std::string split = "train";  ///< "train" or "test"
  bool lossless = false;        ///< never went through a lossy codec
  bool marked = false;          ///< carries a watermark already
  std::string generator, persona, preset;
  std::string decoder = "none";      ///< family of the last neural decoder
  std::string vocals, instrumental;  ///< "ai", "human", "none", or "" where it is not known
  std::vector<SourceSpan> spans;     ///< of a spliced recording
  int fold = -1;                     ///< of the cross-validation; -1 for test and voices

  bool is_ai() const { return label == "ai"; }
  bool is_human() const { return label == "human"; }
  bool is_resynthesised() const { return label == "resynthesised"; }
  bool is_own() const { return source.starts_with("brandiron:") || generator == "brandiron"; }
  bool is_test() const { return split == "test"; }
  bool is_voice() const { return label == "voice"; }
};

/// What a run works on.
struct TrackList {
  std::vector<Track> tracks;
  std::vector<std::string> unreadable;  ///< "id: why" of recordings left out
};

/// Reads what `[data]` names: `manifests` (manifest.jsonl), `clips` (the manifest.tsv of
/// recordings), `songs` (folders with one folder a song). Sources that begin with an entry of
/// `evaluation_only` and a share `test_share` of the songs (by title, from `seed`) become the test
/// split; the rest is dealt into `folds` folds by source, so that no source is in two.
/// @throws Error(kConfig) when a class is missing or has fewer sources than folds; Error(kFormat)
/// for a manifest that cannot be read.
TrackList list_tracks(const Config& config, std::uint64_t seed, int folds);

/// `manifest.jsonl`: a header line, then one track a line.
std::string manifest_jsonl(const std::vector<Track>& tracks);
/// The tracks of one manifest. Files are relative to `folder`.
std::vector<Track> parse_manifest(std::string_view text, const std::filesystem::path& folder,
                                  const std::string& name);
/// The tracks of a manifest.tsv of recordings (columns by name in the first line).
std::vector<Track> parse_clips(std::string_view text, const std::filesystem::path& folder,
                               const std::string& name);

/// Deals training tracks into folds by source, the largest sources first, each to the fold that has
/// least of what the source mostly is; a source of several labels stays together.
void assign_folds(std::vector<Track>& tracks, int folds);

}  // namespace brandiron::detect
