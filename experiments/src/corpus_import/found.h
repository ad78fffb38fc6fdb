#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/experiments/corpus_import.h"

namespace brandiron::experiments::corpus_import {

/// A recording as its source describes it, before anybody has listened.
struct Found {
  std::filesystem::path file;
  std::string name;   ///< how it is called in messages and made into an id
  std::string track;  ///< clips of one track have one name
  std::string label;  ///< ai, human or mixed
  std::string split;  ///< empty: to be drawn
  std::string generator, title, theme, source;  ///< empty where the source does not say
  /// Who made vocals, instruments, composition, lyrics: ai, human or empty.
  std::string vocals, instruments, composition, lyrics;
  /// Columns of the source that ours have no place for.
  std::vector<std::pair<std::string, std::string>> extra;
};

/// What reading a source gave.
struct Listing {
  std::vector<Found> found;
  std::vector<std::pair<std::string, std::string>> failed;  ///< row or file, and why
  std::vector<std::string> notes;
};

Listing list_sonics(const CorpusImportOptions& options);
Listing list_fake_music_caps(const CorpusImportOptions& options);
Listing list_folder(const CorpusImportOptions& options);

/// Audio files below a folder by their extension, sorted. @throws Error(kIo) where there is none.
std::vector<std::filesystem::path> audio_below(const std::filesystem::path& folder);
/// "valid", "val", "dev" -> validation; "" for what is no split.
std::string split_name(const std::string& word);
/// The track that a clip of this name is of: `pattern`'s first group where it matches; without a
/// pattern the name less a last "_clip3", "-seg002", "_part1", "_chunk7", "_excerpt2".
/// @throws Error(kInvalidArgument) for a pattern that does not compile or has no group.
std::string track_of(const std::string& stem, const std::string& pattern);

/// Gives every item without a split one, by track from (seed, track); tracks that have one keep it
/// for all their clips where the source is of one mind.
void deal_splits(Listing& listing, const CorpusImportOptions& options);

}  // namespace brandiron::experiments::corpus_import
