#include "finished_song.h"

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::app {
namespace {

using nlohmann::ordered_json;

/// Another format, key or no stems: not what was asked for, though the song is the same.
bool is_wanted(const ordered_json& document, const WantedSong& wanted) {
  return document.at("id") == wanted.id && document.at("audio").at("format") == wanted.format &&
         document.at("watermark").value("key_fingerprint", "") == wanted.key_fingerprint &&
         document.at("stems").empty() != wanted.stems;
}

}  // namespace

std::optional<ordered_json> finished_song(const std::filesystem::path& folder,
                                          const WantedSong& wanted, bool overwrite) {
  std::error_code error;
  if (overwrite || !std::filesystem::exists(folder / "song.json", error)) return {};
  const auto document =
      ordered_json::parse(read_file(folder / "song.json", std::size_t{1} << 28), nullptr, false);
  try {
    if (is_wanted(document, wanted)) return document;
  } catch (const nlohmann::json::exception&) {
    // Not a song.json of ours: another song, all the more.
  }
  throw Error(ErrorCode::kOutput,
              folder.string() +
                  ": cannot be written: it holds another song, or this one made with "
                  "other options; give --overwrite or another folder");
}

}  // namespace brandiron::app
