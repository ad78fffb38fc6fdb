#include <map>

#include "brandiron/experiments/corpus.h"

namespace brandiron::experiments {

struct LeakageCheck::Impl {
  bool personas = false, decoders = false, blocks = false;
  std::size_t seed_block = 1;
  std::vector<char> song_split;             ///< by index: 0 not seen, else 1 + split
  std::map<std::string, std::string> seen;  ///< "persona tin-saint" -> split
  std::map<std::string, bool> told;

  std::optional<std::string> note(const std::string& what, const Item& item) {
    const auto [at, is_new] = seen.emplace(what, item.split);
    if (is_new || at->second == item.split || told[what]) return {};
    told[what] = true;
    return what + " is in " + at->second + " and, by " + item.id + ", in " + item.split;
  }

  std::optional<std::string> note_song(const Item& item) {
    char split = 0;
    for (std::size_t i = 0; i < kCorpusSplits.size(); ++i) {
      if (item.split == kCorpusSplits[i]) split = static_cast<char>(i + 1);
    }
    if (split == 0) {
      return item.id + ": split \"" + item.split + "\", expected train, validation or test";
    }
    // Blocks are kept by their own index: a song is in one block.
    const std::size_t at = blocks ? item.song / seed_block : item.song;
    if (at >= song_split.size()) song_split.resize(at + 1, 0);
    const char before = song_split[at];
    if (before == 0) song_split[at] = split;
    if (before == 0 || before == split || told[item.id]) return {};
    told[item.id] = true;
    return (blocks ? "the seed block of song " : "song ") + std::to_string(item.song) + " is in " +
           kCorpusSplits[static_cast<std::size_t>(before - 1)] + " and, by " + item.id + ", in " +
           item.split;
  }
};

LeakageCheck::LeakageCheck(std::vector<std::string> by, std::size_t seed_block)
    : impl_(std::make_unique<Impl>()) {
  for (const std::string& what : by) {
    if (what == "persona") impl_->personas = true;
    if (what == "decoder") impl_->decoders = true;
    if (what == "seed_block") impl_->blocks = true;
  }
  impl_->seed_block = seed_block > 0 ? seed_block : 1;
}

LeakageCheck::~LeakageCheck() = default;

std::optional<std::string> LeakageCheck::add(const Item& item) {
  if (auto breach = impl_->note_song(item)) return breach;
  if (impl_->personas && !item.persona.empty()) {
    if (auto breach = impl_->note("persona " + item.persona, item)) return breach;
    if (!item.composer.empty()) {
      if (auto breach = impl_->note("persona " + item.composer, item)) return breach;
    }
  }
  if (impl_->decoders && item.decoder != "none" && !item.decoder.empty()) {
    return impl_->note("decoder " + item.decoder, item);
  }
  return {};
}

}  // namespace brandiron::experiments
