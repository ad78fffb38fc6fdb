#include "finished.h"

#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "folder.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 34;

CorpusAudio audio_of(const fs::path& folder) {
  return read_build_identity(folder).audio == "hashes" ? CorpusAudio::kHashes : CorpusAudio::kFiles;
}

}  // namespace

FinishedItems::FinishedItems(const fs::path& folder, CorpusAudio audio)
    : folder_(folder), audio_(audio), journals_(folder) {}

FinishedItems::FinishedItems(const fs::path& folder) : FinishedItems(folder, audio_of(folder)) {}

bool FinishedItems::has(const Item& item) const {
  if (!journals_.has(item.song, item.index)) return false;
  std::error_code error;
  return audio_ == CorpusAudio::kHashes || fs::exists(folder_ / item_file(item), error);
}

bool FinishedItems::is_intact(const Item& item) const {
  if (!has(item)) return false;
  if (audio_ == CorpusAudio::kHashes) return true;
  const ManifestItem listed = parse_item_line(*line(item), item.id, false);
  return sha256_hex(read_file(folder_ / item_file(item), kMostBytes)) == listed.facts->sha256;
}

std::optional<std::string> FinishedItems::line(const Item& item) const {
  return journals_.line(item.song, item.index);
}

}  // namespace brandiron::experiments
