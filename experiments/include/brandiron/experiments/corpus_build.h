#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus.h"
#include "brandiron/experiments/corpus_manifest.h"

namespace brandiron {
class Marker;
}
namespace brandiron::gen {
class DecoderModel;
class SingerModel;
}  // namespace brandiron::gen

namespace brandiron::experiments {

// Making items
// -----------------------------------------------------------------------------------------

/// Where an item's files go; its folder is there. What stands there is replaced.
struct ItemTarget {
  std::filesystem::path file;       ///< the audio
  std::filesystem::path song_json;  ///< "" = not written
  bool labels = false;              ///< whether facts need `labels_json`
};

/// Makes audio. Thread safe; the same item gives the same bytes.
class ItemMaker {
 public:
  virtual ~ItemMaker() = default;
  /// Makes `item` at `target`. `parent` is the published original (codec and attack versions are
  /// made from its file), null for songs and twins. Leaves `file`, `sha256` and `song_json` of the
  /// facts open. @throws Error.
  virtual ItemFacts make(const Item& item, const ItemTarget& target, const ItemFacts* parent,
                         const std::filesystem::path& parent_file) const = 0;
  /// Of the key that marks; "" without one.
  virtual std::string key_fingerprint() const = 0;
};

/// What songs are made with.
struct SongTools {
  std::shared_ptr<const Marker> marker;  ///< of items that are marked
  std::string key_fingerprint;
  std::function<std::shared_ptr<const gen::SingerModel>()> singer;  ///< may be empty
  std::function<std::shared_ptr<const gen::DecoderModel>(const std::string& family, double kbps)>
      decoder;                                  ///< may be empty
  std::shared_ptr<const ControlPool> controls;  ///< of items that were read from a line
};
/// The generator behind its one exit. Networks are loaded when the first item asks for them.
std::unique_ptr<ItemMaker> make_song_maker(SongTools tools);

/// `item` with its parent, if need be, made in a folder that exists: DIR/ID.flac. Of a line, what
/// it says it was. @throws Error(kFormat) when `pcm_sha256` differs from the line's.
ItemFacts render_item(const ManifestItem& line, const ItemMaker& maker,
                      const std::filesystem::path& folder);

// Building
// -----------------------------------------------------------------------------------------

enum class CorpusAudio {
  kFiles,   ///< audio is kept
  kHashes,  ///< audio is made, its hashes are recorded, it is removed
};

struct BuildOptions {
  int jobs = 1;                       ///< songs at a time
  std::size_t shard = 0, shards = 1;  ///< makes the songs s with s % shards == shard
  CorpusAudio audio = CorpusAudio::kFiles;
  bool verify = false;  ///< hashes the audio that is there, and makes again what is damaged
  /// @throws Error(kInvalidArgument).
  void validate() const;
};

struct BuildReport {
  std::size_t songs = 0;                                    ///< of the shard
  std::size_t made = 0;                                     ///< songs made now
  std::size_t kept = 0;                                     ///< songs that were there
  std::vector<std::pair<std::size_t, std::string>> failed;  ///< song and why
  double seconds = 0.0;
};

/// Makes what is not there yet, a song a thread, and journals every finished item: killed at any
/// moment, the same call finishes the rest, and what results is byte-identical. A song that fails
/// is reported and left out. @throws Error(kOutput) when `folder` holds another corpus, or cannot
/// be written (disk full); Error(kRetry) when another process builds the same shard.
BuildReport build_corpus(const CorpusRecipe& recipe, const std::filesystem::path& folder,
                         const ItemMaker& maker, const BuildOptions& options);

/// The manifest of a corpus that nobody rendered: pure from the recipe, in flat memory.
/// @throws Error(kOutput) when `folder` holds another corpus or audio.
void build_virtual_corpus(const CorpusRecipe& recipe, const std::filesystem::path& folder);

struct MergeReport {
  std::size_t songs = 0, items = 0;
  std::vector<std::size_t> missing;  ///< songs of which an item is not finished
  bool written = false;
};

/// Journals -> manifest.jsonl, sorted by song and item: the same bytes whatever shards and
/// interruptions there were. With songs missing nothing is written, unless `allow_missing`.
/// @throws Error(kFormat) naming a breach of the splits; Error(kOutput).
MergeReport merge_corpus(const std::filesystem::path& folder, bool allow_missing = false);

struct CorpusStatus {
  std::string recipe;
  std::size_t songs = 0, songs_done = 0, items = 0, items_done = 0;
  double hours_done = 0.0, cpu_hours_left = 0.0;
  std::vector<std::size_t> missing;
  bool merged = false, is_virtual = false;
};
CorpusStatus corpus_status(const std::filesystem::path& folder);

/// The recipe of a corpus folder. @throws Error(kIo) naming what a corpus folder has.
CorpusRecipe corpus_folder_recipe(const std::filesystem::path& folder);

// Checking
// -----------------------------------------------------------------------------------------

struct CheckOptions {
  int jobs = 1;
  std::size_t sample = 0;  ///< items to render again and compare
  std::uint64_t seed = 1;  ///< which
};

struct CheckFinding {
  std::string id, what;  ///< id "" for the manifest as a whole
};

struct CheckReport {
  std::size_t items = 0, files = 0, decoded = 0, rendered = 0;
  std::vector<CheckFinding> findings;
};

/// Schema, ids unique, parents there, no leakage, files there with their hashes, decoded PCM of
/// FLAC and WAV, and `sample` items rendered again (by `maker`, which may be null with no sample).
CheckReport check_corpus(const std::filesystem::path& folder, const CheckOptions& options,
                         const ItemMaker* maker);

}  // namespace brandiron::experiments
