#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/version.h"
#include "brandiron/experiments/control_pool.h"
#include "brandiron/experiments/corpus.h"
#include "rates.h"

namespace brandiron::experiments {
namespace {

using nlohmann::ordered_json;

constexpr double kHour_s = 3600.0, kDay_s = 86400.0;

void count(CorpusTally& tally, const Item& item, const ItemCost& cost) {
  if (item.index == 0) ++tally.songs;
  ++tally.items;
  tally.hours += cost.duration_s / kHour_s;
  tally.bytes += cost.bytes;
  tally.cpu_hours += cost.cpu_s / kHour_s;
}

using Table = std::map<std::string, CorpusTally>;

std::vector<CorpusRow> rows(const Table& table) {
  std::vector<CorpusRow> out;
  for (const auto& [name, tally] : table) out.push_back({name, tally});
  return out;
}

std::vector<CorpusRow> split_rows(const Table& table) {
  std::vector<CorpusRow> out;
  for (const char* split : kCorpusSplits) {
    const auto found = table.find(split);
    if (found != table.end()) out.push_back({split, found->second});
  }
  return out;
}

std::string table_text(const std::string& title, const std::vector<CorpusRow>& table) {
  if (table.empty()) return "";
  std::string text = fmt::format("\n{:<22} {:>9} {:>9} {:>10} {:>10} {:>10}\n", title, "songs",
                                 "items", "hours", "GB", "CPU hours");
  for (const CorpusRow& row : table) {
    const CorpusTally& t = row.tally;
    text += fmt::format("  {:<20} {:>9} {:>9} {:>10.2f} {:>10.3f} {:>10.3f}\n", row.name, t.songs,
                        t.items, t.hours, t.bytes / 1e9, t.cpu_hours);
  }
  return text;
}

ordered_json tally_json(const CorpusTally& t) {
  return {{"songs", t.songs},
          {"items", t.items},
          {"hours", t.hours},
          {"bytes", t.bytes},
          {"cpu_hours", t.cpu_hours}};
}

ordered_json table_json(const std::vector<CorpusRow>& table) {
  ordered_json out = ordered_json::object();
  for (const CorpusRow& row : table) out[row.name] = tally_json(row.tally);
  return out;
}

/// Songs that one core makes in a day, with all their versions.
double songs_a_day(const CorpusTally& all) {
  return all.cpu_hours > 0 ? static_cast<double>(all.songs) * kDay_s / (all.cpu_hours * kHour_s)
                           : 0.0;
}

std::string attack_name(const Item& item) {
  const std::string mark = "-attack-";
  return item.id.substr(item.id.find(mark) + mark.size());
}

}  // namespace

CorpusPlan plan_corpus(const CorpusRecipe& recipe) {
  constexpr std::size_t kMostLeaks = 20;
  CorpusPlan plan;
  Table splits, kinds, personas, decoders, presets, codecs, attacks;
  LeakageCheck leakage(recipe.splits.by, recipe.splits.seed_block);
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (const Item& item : items_of_song(recipe, song)) {
      const ItemCost cost = item_cost(item);
      count(plan.all, item, cost);
      count(splits[item.split], item, cost);
      count(kinds[item.twin.empty() || item.index == 0 ? item.kind : "twin " + item.twin], item,
            cost);
      if (!item.persona.empty()) count(personas[item.persona], item, cost);
      count(decoders[item.decoder], item, cost);
      if (!item.preset.empty()) count(presets[item.preset], item, cost);
      if (!item.codec.empty()) {
        count(codecs[fmt::format("{} {} kbit/s", item.codec, item.codec_kbps)], item, cost);
      }
      if (!item.attack.empty()) count(attacks[attack_name(item)], item, cost);
      const auto breach = leakage.add(item);
      if (breach && plan.leaks.size() < kMostLeaks) plan.leaks.push_back(*breach);
    }
  }
  plan.controls = control_notes(recipe);
  plan.splits = split_rows(splits);
  plan.kinds = rows(kinds);
  plan.personas = rows(personas);
  plan.decoders = rows(decoders);
  plan.presets = rows(presets);
  plan.codecs = rows(codecs);
  plan.attacks = rows(attacks);
  return plan;
}

std::string corpus_plan_text(const CorpusRecipe& recipe, const CorpusPlan& plan) {
  const CorpusTally& all = plan.all;
  std::string text = fmt::format(
      "{}: {} songs, {} items, {:.2f} hours, {:.2f} GB, about {:.2f} CPU hours ({:.0f} songs a day "
      "and core)\n",
      recipe.name, all.songs, all.items, all.hours, all.bytes / 1e9, all.cpu_hours,
      songs_a_day(all));
  text += "recipe " + corpus_recipe_sha256(recipe).substr(0, 16) +
          ", estimates by measured rates, " + corpus_rates_text() + "\n";
  text += table_text("split", plan.splits) + table_text("kind", plan.kinds) +
          table_text("persona", plan.personas) + table_text("decoder", plan.decoders) +
          table_text("preset", plan.presets) + table_text("codec", plan.codecs) +
          table_text("attack", plan.attacks);
  text += "\n";
  for (const std::string& note : plan.controls) text += note + "\n";
  if (plan.leaks.empty()) {
    std::string kept = "a song with all its versions";
    for (const std::string& by : recipe.splits.by) kept += ", a " + by;
    return text + "no leakage: " + kept + " is in one split only";
  }
  for (const std::string& leak : plan.leaks) text += "leakage: " + leak + "\n";
  text.pop_back();
  return text;
}

std::string corpus_plan_json(const CorpusRecipe& recipe, const CorpusPlan& plan) {
  return ordered_json{{"schema", "brandiron.corpus-plan/1"},
                      {"recipe", recipe.name},
                      {"recipe_sha256", corpus_recipe_sha256(recipe)},
                      {"generator", "brandiron/" + version()},
                      {"all", tally_json(plan.all)},
                      {"songs_a_day_and_core", songs_a_day(plan.all)},
                      {"splits", table_json(plan.splits)},
                      {"kinds", table_json(plan.kinds)},
                      {"personas", table_json(plan.personas)},
                      {"decoders", table_json(plan.decoders)},
                      {"presets", table_json(plan.presets)},
                      {"codecs", table_json(plan.codecs)},
                      {"attacks", table_json(plan.attacks)},
                      {"controls", plan.controls},
                      {"rates", corpus_rates_text()},
                      {"leaks", plan.leaks}}
      .dump();
}

void throw_leakage(const CorpusRecipe& recipe, const std::string& breach) {
  throw Error(ErrorCode::kConfig, "corpus " + recipe.name + ": leakage: " + breach);
}

void check_leakage(const CorpusRecipe& recipe, const CorpusPlan& plan) {
  if (!plan.leaks.empty()) throw_leakage(recipe, plan.leaks.front());
}

}  // namespace brandiron::experiments
