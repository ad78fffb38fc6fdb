#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace brandiron::app {

/// How a song in a folder was asked for.
struct WantedSong {
  std::string id;  ///< gen::song_id
  std::string format;
  bool stems = false;
  std::string key_fingerprint;  ///< of the mark; "": none
};

/// The song.json of a song that an earlier, interrupted run finished in `folder`, if it is the one
/// that is wanted; none where there is none, or it may be overwritten.
/// @throws Error(kOutput) where the folder holds another song.
std::optional<nlohmann::ordered_json> finished_song(const std::filesystem::path& folder,
                                                    const WantedSong& wanted, bool overwrite);

}  // namespace brandiron::app
