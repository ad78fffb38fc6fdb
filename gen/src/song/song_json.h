#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "brandiron/core/disclosure.h"
#include "brandiron/gen/song.h"

namespace brandiron::gen {

/// Facts known only at the exit.
struct PublishedFacts {
  std::string audio_file;
  std::string pcm_sha256, unmarked_pcm_sha256;
  double integrated_lufs = 0, true_peak_dbtp = 0;
  MarkRecord mark;
  DisclosureFacts disclosure;
  std::string payload_hex;
  double stem_gain_db = 0;
  std::vector<std::string> stem_files;  ///< in the order of mix.stems; empty without --stems
  PublishOptions publish;
};

/// Start and end of each word as it was sung, in seconds: from its first phone to its last.
std::vector<std::pair<double, double>> sung_word_times_s(const Song& song);

/// The `brandiron.song/1` document (docs/formats.md). Holds no clock time: the same song gives the
/// same text.
nlohmann::ordered_json song_document(const Song& song, const PublishedFacts& facts);

}  // namespace brandiron::gen
