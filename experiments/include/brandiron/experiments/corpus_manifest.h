#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus.h"

/// manifest.jsonl of a corpus: `brandiron.manifest/1`, docs/formats.md.
namespace brandiron::experiments {

/// What is known of an item once it is rendered.
struct ItemFacts {
  std::string file;        ///< relative to the corpus folder; "" when the audio was not kept
  std::string sha256;      ///< of the file's bytes; "" as `file`
  std::string pcm_sha256;  ///< of the 16-bit samples before encoding
  std::string title, theme, key, meter, groove, form, singer;
  double tempo_bpm = 0.0;
  std::vector<int> decoder_strides;
  double decoder_kbps = 0.0;
  std::string decoder_scope;
  std::string payload_hex, key_fingerprint;
  double duration_s = 0.0;
  int rate_hz = 0;
  std::size_t channels = 0;
  double integrated_lufs = 0.0, true_peak_dbtp = 0.0;
  std::string labels_json;  ///< object with sections, beats, chords, parts, lyrics; "" for none
  std::string song_json;    ///< relative path; "" for none
};

/// One line of a manifest.
struct ManifestItem {
  Item item;
  std::optional<ItemFacts> facts;  ///< none in a virtual corpus
  std::string generator;           ///< "brandiron/0.1.0", "human", another system's name
  std::string text;                ///< the line as it stands, without its end
};

/// The line, one JSON object without its end. Without facts it is that of a virtual corpus.
std::string item_line(const Item& item, const ItemFacts* facts = nullptr);
/// Reads it back. Keys that are not known are passed over; `with_labels` false skips `labels`,
/// which are most of a line. @throws Error(kFormat) naming `name` and the key.
ManifestItem parse_item_line(const std::string& line, const std::string& name,
                             bool with_labels = true);

struct ManifestHeader {
  std::string kind = "corpus", recipe, recipe_sha256, generator, git_commit, licence;
  std::uint64_t seed = 0;
  std::size_t songs = 0, items = 0;
  std::vector<std::string> split_by;  ///< as CorpusSplits::by
  std::size_t seed_block = 1;
  std::string splits_json;  ///< object: by, shares, seed_block, which personas and decoders
  std::string missing;      ///< songs that are left out, "17,40-43"; "" for none
};

ManifestHeader manifest_header(const CorpusRecipe& recipe, std::size_t items);
std::string header_line(const ManifestHeader& header);

/// Reads the manifest of a corpus of songs, line by line.
class ManifestReader {
 public:
  /// @throws Error(kIo), Error(kFormat) for a file without the header of a corpus.
  explicit ManifestReader(const std::filesystem::path& file);
  ~ManifestReader();
  ManifestReader(ManifestReader&&) noexcept;
  const ManifestHeader& header() const;
  /// The next item, or none at the end. @throws Error(kFormat) naming file and line.
  std::optional<ManifestItem> next(bool with_labels = true);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes a manifest that appears whole at `commit`. @throws Error(kOutput).
class ManifestWriter {
 public:
  explicit ManifestWriter(const std::filesystem::path& file);
  ~ManifestWriter();
  ManifestWriter(const ManifestWriter&) = delete;
  ManifestWriter& operator=(const ManifestWriter&) = delete;
  void line(std::string_view text);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Song indices as ranges, "17,40-43". They must rise.
std::string ranges_text(const std::vector<std::size_t>& songs);

}  // namespace brandiron::experiments
