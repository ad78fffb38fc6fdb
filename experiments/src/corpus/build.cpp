#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "brandiron/experiments/corpus_build.h"
#include "finished.h"
#include "folder.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytes = std::size_t{1} << 34;

/// One run of the pool over one shard.
class Build {
 public:
  Build(const CorpusRecipe& recipe, const fs::path& folder, const ItemMaker& maker,
        const BuildOptions& options, Journal& journal)
      : recipe_(recipe),
        folder_(folder),
        maker_(maker),
        options_(options),
        journal_(journal),
        done_(folder, options.audio) {}

  BuildReport run() {
    const auto start = Clock::now();
    const std::vector<std::size_t> pending = pending_songs();
    Progress progress("corpus", pending.size(), "songs");
    parallel_for(pending.size(), options_.jobs, [&](std::size_t i) {
      song(pending[i]);
      const std::lock_guard lock(mutex_);
      progress.add(1, rate_text(start));
    });
    progress.finish();
    std::sort(report_.failed.begin(), report_.failed.end());
    report_.seconds = seconds_since(start);
    return std::move(report_);
  }

 private:
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  std::string rate_text(Clock::time_point start) const {
    constexpr double kDay_s = 86400.0;
    if (report_.made == 0) return "";
    return fmt::format("{:.0f} songs a day",
                       static_cast<double>(report_.made) * kDay_s / seconds_since(start));
  }

  /// Of the shard, those of which an item is not there. Eight bytes a song.
  std::vector<std::size_t> pending_songs() {
    std::vector<std::size_t> pending;
    for (std::size_t s = options_.shard; s < recipe_.songs; s += options_.shards) {
      ++report_.songs;
      if (!options_.verify && !done_.empty() && all_done(items_of_song(recipe_, s))) {
        ++report_.kept;
      } else {
        pending.push_back(s);
      }
    }
    return pending;
  }

  bool all_done(const std::vector<Item>& items) const {
    return std::all_of(items.begin(), items.end(), [&](const Item& i) { return is_done(i); });
  }

  bool is_done(const Item& item) const {
    return options_.verify ? done_.is_intact(item) : done_.has(item);
  }

  /// Makes what is missing of a song.
  void song(std::size_t index) {
    const std::vector<Item> items = items_of_song(recipe_, index);
    try {
      const bool made = make_items(items);
      const std::lock_guard lock(mutex_);
      ++(made ? report_.made : report_.kept);
    } catch (const Error& error) {
      // A full disk or a folder that is gone ends the whole run.
      if (error.code() == ErrorCode::kOutput || error.code() == ErrorCode::kRetry) throw;
      log_error(items.front().id + ": " + error.what());
      const std::lock_guard lock(mutex_);
      report_.failed.emplace_back(index, error.what());
    }
  }

  /// Where the files of a song that is being made go.
  fs::path home_of(const Item& item, const std::optional<TemporaryPath>& away) const {
    return away ? away->path() / fs::path(item_file(item)).filename() : folder_ / item_file(item);
  }

  /// Whether there was anything to make.
  bool make_items(const std::vector<Item>& items) {
    // Audio that is not kept lives in a folder of its own until the song is through.
    std::optional<TemporaryPath> away;
    if (options_.audio == CorpusAudio::kHashes) {
      away.emplace(folder_ / "journal" / (".tmp." + items.front().id));
    }
    make_folder(home_of(items.front(), away).parent_path());
    std::optional<ItemFacts> original;
    bool made = false;
    for (const Item& item : items) {
      const bool needs_parent = item.is_reencoded();
      if (is_done(item) && !(away && item.index == 0)) continue;
      if (needs_parent && !original) original = original_of_version(items.front());
      ItemFacts facts = make(item, home_of(item, away), needs_parent ? &*original : nullptr,
                             home_of(items.front(), away));
      record(item, facts);
      made = true;
      if (item.index == 0) original = std::move(facts);
    }
    return made;
  }

  /// An item that was listed before its audio was lost or damaged must be the same again.
  void record(const Item& item, const ItemFacts& facts) {
    const std::string line = item_line(item, &facts);
    const auto before = done_.line(item);
    if (!before) {
      journal_.append(item.song, item.index, line);
    } else if (*before != line) {
      std::error_code error;
      fs::remove(folder_ / item_file(item), error);
      throw Error(ErrorCode::kFormat,
                  item.id +
                      ": made again it is not what the journal says of it; was the corpus "
                      "begun by another build or on another type of machine? Give another folder");
    }
  }

  ItemFacts make(const Item& planned, const fs::path& file, const ItemFacts* parent,
                 const fs::path& parent_file) const {
    const bool keeps = options_.audio == CorpusAudio::kFiles;
    ItemTarget target;
    target.file = file;
    target.labels = recipe_.labels == "line";
    const fs::path song_json = fs::path(item_file(planned)).replace_extension(".json");
    if (keeps && recipe_.labels == "files" && !planned.is_reencoded() && !planned.is_recording()) {
      target.song_json = folder_ / song_json;
    }
    ItemFacts facts = maker_.make(planned, target, parent, parent_file);
    facts.file = keeps ? item_file(planned) : "";
    facts.sha256 = keeps ? sha256_hex(read_file(target.file, kMostBytes)) : "";
    facts.song_json = target.song_json.empty() ? "" : song_json.string();
    return facts;
  }

  /// The original, when an earlier run made it and this one makes a version of it: from the bytes
  /// that were made, not from what may have become of them.
  ItemFacts original_of_version(const Item& original) {
    const auto line = done_.line(original);
    if (!line) {
      throw Error(ErrorCode::kInternal, original.id + ": is in no journal, a version of it is");
    }
    if (!done_.is_intact(original)) {
      log_warning(original.id + ": its file is damaged; it is made again");
      record(original, make(original, folder_ / item_file(original), nullptr, {}));
    }
    return *parse_item_line(*line, original.id, false).facts;
  }

  const CorpusRecipe& recipe_;
  const fs::path& folder_;
  const ItemMaker& maker_;
  const BuildOptions& options_;
  Journal& journal_;
  FinishedItems done_;
  std::mutex mutex_;
  BuildReport report_;
};

/// The song of ".tmp.s00017-dac.123.4.flac", or none. What is written inside a temporary has the
/// prefix twice.
std::optional<std::size_t> song_of_temporary(std::string_view name) {
  constexpr std::string_view kPrefix = ".tmp.";
  if (!name.starts_with(kPrefix)) return {};
  while (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (!name.starts_with('s')) return {};
  std::size_t song = 0;
  const auto number = std::from_chars(name.data() + 1, name.data() + name.size(), song);
  return number.ec == std::errc{} ? std::optional(song) : std::nullopt;
}

/// What a killed run of this shard left half-made.
void remove_leftovers(const fs::path& folder, const BuildOptions& options) {
  std::error_code error;
  for (const char* below : {"audio", "journal"}) {
    std::vector<fs::path> leftovers;
    for (const auto& entry : fs::recursive_directory_iterator(folder / below, error)) {
      const auto song = song_of_temporary(entry.path().filename().string());
      if (song && *song % options.shards == options.shard) leftovers.push_back(entry.path());
    }
    for (const fs::path& path : leftovers) fs::remove_all(path, error);
  }
}

}  // namespace

void BuildOptions::validate() const {
  if (shards < 1 || shard >= shards) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("shard {}/{}: expected I/N with 0 <= I < N", shard, shards));
  }
  if (jobs < 1) throw Error(ErrorCode::kInvalidArgument, "jobs: expected 1 or more");
}

BuildReport build_corpus(const CorpusRecipe& recipe, const fs::path& folder, const ItemMaker& maker,
                         const BuildOptions& options) {
  options.validate();
  claim_folder(recipe, folder);
  claim_build(folder, {"brandiron/" + version(), maker.key_fingerprint(),
                       options.audio == CorpusAudio::kFiles ? "files" : "hashes"});
  Journal journal(folder, fmt::format("{}-of-{}", options.shard, options.shards));
  remove_leftovers(folder, options);
  return Build(recipe, folder, maker, options, journal).run();
}

void build_virtual_corpus(const CorpusRecipe& recipe, const fs::path& folder) {
  // The header counts them, and a plan that leaks is refused before a line is written.
  std::size_t items = 0;
  LeakageCheck leakage(recipe.splits.by, recipe.splits.seed_block);
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (const Item& item : items_of_song(recipe, song)) {
      if (const auto breach = leakage.add(item)) throw_leakage(recipe, *breach);
      ++items;
    }
  }
  claim_folder(recipe, folder);
  std::error_code error;
  if (fs::exists(folder / "journal", error)) {
    throw Error(ErrorCode::kOutput, folder.string() +
                                        ": holds audio of this corpus; give another folder to the "
                                        "virtual one");
  }
  ManifestWriter manifest(manifest_of(folder));
  manifest.line(header_line(manifest_header(recipe, items)));
  Progress progress("virtual corpus", recipe.songs, "songs");
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (Item& item : items_of_song(recipe, song)) {
      item.payload_hex = item_payload(item);
      manifest.line(item_line(item));
    }
    progress.add();
  }
  manifest.commit();
}

ItemFacts render_item(const ManifestItem& line, const ItemMaker& maker, const fs::path& folder) {
  const Item& item = line.item;
  const std::string key = line.facts ? line.facts->key_fingerprint : "";
  if (!key.empty() && key != maker.key_fingerprint()) {
    throw Error(ErrorCode::kInvalidArgument,
                item.id + ": was marked with key " + key + ", the one that is given is " +
                    maker.key_fingerprint() + "; give --watermark-key FILE");
  }
  const fs::path file = folder / fs::path(item_file(item)).filename();
  ItemTarget target;
  target.file = file;
  ItemFacts facts;
  if (item.is_reencoded()) {
    Item original = item;
    original.codec.clear();
    original.attack.clear();
    original.id = item.parent_id;
    // Beside the result, so that nothing is moved between file systems.
    const TemporaryPath parent(folder / (".tmp." + item.id + "." + original.format));
    ItemTarget parent_target;
    parent_target.file = parent.path();
    const ItemFacts made = maker.make(original, parent_target, nullptr, {});
    facts = maker.make(item, target, &made, parent.path());
  } else {
    facts = maker.make(item, target, nullptr, {});
  }
  const std::string recorded = line.facts ? line.facts->pcm_sha256 : "";
  if (!recorded.empty() && recorded != facts.pcm_sha256) {
    std::error_code error;
    fs::remove(file, error);
    throw Error(ErrorCode::kFormat,
                item.id + ": rendered samples differ from the recorded pcm_sha256 (written by " +
                    line.generator +
                    "; the same version on the same machine type promises equality)");
  }
  return facts;
}

}  // namespace brandiron::experiments
