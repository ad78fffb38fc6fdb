#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/experiments/corpus_build.h"

namespace brandiron::experiments {

/// A corpus folder that is removed again.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("brandiron-corpus-" + name + "." + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// "Audio" that is a text about its item: a pure function of it, made in no time.
class FakeMaker final : public ItemMaker {
 public:
  std::set<std::size_t> failing;  ///< songs that cannot be made
  std::size_t disk_full_after = 1'000'000;
  mutable std::atomic<std::size_t> made{0};
  std::string key = "00000000";

  ItemFacts make(const Item& item, const ItemTarget& target, const ItemFacts* parent,
                 const std::filesystem::path& parent_file) const override {
    if (failing.contains(item.song)) throw Error(ErrorCode::kModel, "no such voice");
    if (made >= disk_full_after) throw Error(ErrorCode::kOutput, "disk full");
    ++made;
    std::string text = "audio of " + item.id + " by " + item.persona + "\n";
    if (item.is_reencoded()) text += "after " + read_file(parent_file);
    write_file(target.file, text, true);
    ItemFacts facts = parent != nullptr ? *parent : ItemFacts{};
    facts.labels_json.clear();
    facts.pcm_sha256 = sha256_hex(text);
    facts.title = parent != nullptr ? parent->title : "Song " + std::to_string(item.seed);
    facts.duration_s = item.duration_s;
    facts.rate_hz = item.rate_hz;
    facts.channels = 2;
    if (item.marked) {
      facts.payload_hex = "0123456789abcdef";
      facts.key_fingerprint = key;
    }
    if (target.labels && !item.is_reencoded()) facts.labels_json = R"({"beats":[0.5,1.0]})";
    return facts;
  }

  std::string key_fingerprint() const override { return key; }
};

/// A recipe with some of everything.
inline CorpusRecipe some_of_everything(const std::string& more = "") {
  return parse_corpus_recipe(Config::from_text(R"toml(
songs = 24
seed = 7
duration_s = [20, 40]
[decoders]
none = 3
dac = 1
istft = 1
[twins]
decoder = 0.5
persona = 0.5
mix = 0.5
unmarked = 0.5
[codecs]
mp3-64 = 0.5
[[attacks]]
name = "noisy"
chain = "noise(snr_db=30)"
share = 0.5
[marks]
share = 0.8
[splits]
by = ["persona"]
train = 0.6
validation = 0.2
test = 0.2
)toml" + more,
                                               "test"),
                             "test");
}

}  // namespace brandiron::experiments
