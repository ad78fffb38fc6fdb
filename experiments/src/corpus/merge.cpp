#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/experiments/corpus_build.h"
#include "folder.h"
#include "journal.h"
#include "rates.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

/// Of each song, whether all of it is in the journals.
struct Inventory {
  std::size_t items = 0;  ///< of the songs that are whole
  std::vector<std::size_t> missing;
};

Inventory take_inventory(const CorpusRecipe& recipe, const JournalIndex& done) {
  Inventory inventory;
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    const std::vector<Item> items = items_of_song(recipe, song);
    bool whole = true;
    for (const Item& item : items) whole = whole && done.has(song, item.index);
    if (whole) {
      inventory.items += items.size();
    } else {
      inventory.missing.push_back(song);
    }
  }
  return inventory;
}

void check_line(const ManifestItem& found, const Item& planned, LeakageCheck& leakage) {
  if (found.item.id != planned.id || found.item.seed != planned.seed) {
    throw Error(ErrorCode::kFormat, planned.id + ": the journal has " + found.item.id +
                                        " of seed " + std::to_string(found.item.seed) +
                                        " in its place");
  }
  if (const auto breach = leakage.add(found.item)) {
    throw Error(ErrorCode::kFormat, "leakage: " + *breach);
  }
}

}  // namespace

MergeReport merge_corpus(const fs::path& folder, bool allow_missing) {
  const CorpusRecipe recipe = corpus_folder_recipe(folder);
  const JournalIndex done(folder);
  Inventory inventory = take_inventory(recipe, done);
  MergeReport report;
  report.missing = std::move(inventory.missing);
  report.songs = recipe.songs - report.missing.size();
  report.items = inventory.items;
  if (!report.missing.empty() && !allow_missing) return report;

  ManifestHeader header = manifest_header(recipe, inventory.items);
  header.missing = ranges_text(report.missing);
  ManifestWriter manifest(manifest_of(folder));
  manifest.line(header_line(header));
  LeakageCheck leakage(recipe.splits.by, recipe.splits.seed_block);
  auto missing = report.missing.begin();
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    if (missing != report.missing.end() && *missing == song) {
      ++missing;
      continue;
    }
    for (const Item& item : items_of_song(recipe, song)) {
      const std::string line = *done.line(song, item.index);
      check_line(parse_item_line(line, item.id, false), item, leakage);
      manifest.line(line);
    }
  }
  manifest.commit();
  report.written = true;
  return report;
}

CorpusStatus corpus_status(const fs::path& folder) {
  const CorpusRecipe recipe = corpus_folder_recipe(folder);
  const JournalIndex done(folder);
  std::error_code error;
  CorpusStatus status;
  status.recipe = recipe.name;
  status.songs = recipe.songs;
  status.merged = fs::exists(manifest_of(folder), error);
  status.is_virtual = status.merged && !fs::exists(folder / "journal", error);
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    bool whole = true;
    for (const Item& item : items_of_song(recipe, song)) {
      const ItemCost cost = item_cost(item);
      ++status.items;
      if (done.has(song, item.index)) {
        ++status.items_done;
        status.hours_done += cost.duration_s / 3600.0;
      } else {
        whole = false;
        status.cpu_hours_left += cost.cpu_s / 3600.0;
      }
    }
    if (whole) {
      ++status.songs_done;
    } else {
      status.missing.push_back(song);
    }
  }
  return status;
}

}  // namespace brandiron::experiments
