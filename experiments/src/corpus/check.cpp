#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/corpus_build.h"
#include "folder.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAtATime = 256;  // lines in memory
constexpr std::size_t kMostBytes = std::size_t{1} << 34;

bool is_hex(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// A path that stays inside the corpus.
bool is_inside(const fs::path& file) {
  return file.is_relative() &&
         std::none_of(file.begin(), file.end(), [](const fs::path& p) { return p == ".."; });
}

class Check {
 public:
  Check(const fs::path& folder, const CheckOptions& options, const ItemMaker* maker)
      : folder_(folder),
        options_(options),
        maker_(maker),
        reader_(manifest_of(folder)),
        leakage_(reader_.header().split_by, reader_.header().seed_block) {}

  CheckReport run() {
    const ManifestHeader& header = reader_.header();
    choose_sample(header.items);
    Progress progress("check", header.items, "items");
    std::vector<ManifestItem> block;
    while (read_block(block)) {
      for (const ManifestItem& line : block) check_line(line);
      parallel_for(block.size(), options_.jobs, [&](std::size_t i) {
        check_files(block[i]);
        progress.add();
      });
      for (ManifestItem& line : block) {
        if (is_sampled(report_.items++)) sample_.push_back(std::move(line));
      }
    }
    progress.finish();
    if (report_.items != header.items) {
      found("", fmt::format("{} items, its header says {}", report_.items, header.items));
    }
    if (!header.missing.empty()) found("", "songs are missing: " + header.missing);
    check_recipe();
    render_sample();
    // Threads find in any order.
    std::sort(report_.findings.begin(), report_.findings.end(),
              [](const CheckFinding& a, const CheckFinding& b) {
                return std::pair(a.id, a.what) < std::pair(b.id, b.what);
              });
    return std::move(report_);
  }

 private:
  void found(const std::string& id, const std::string& what) {
    const std::lock_guard lock(mutex_);
    report_.findings.push_back({id, what});
  }

  bool read_block(std::vector<ManifestItem>& block) {
    block.clear();
    try {
      while (block.size() < kAtATime) {
        auto line = reader_.next(false);
        if (!line) break;
        // Labels are the most of it and nothing here asks for them.
        line->text.clear();
        block.push_back(std::move(*line));
      }
    } catch (const Error& error) {
      found("", error.what());
    }
    return !block.empty();
  }

  void check_line(const ManifestItem& line) {
    const Item& item = line.item;
    if (!ids_.insert(item.id).second) found(item.id, "id occurs twice");
    if (!item.parent_id.empty() && !ids_.contains(item.parent_id)) {
      found(item.id, "parent " + item.parent_id + " is not above it in the manifest");
    }
    if (const auto breach = leakage_.add(item)) found(item.id, "leakage: " + *breach);
    if (item.label != "ai" && item.label != "human" && item.label != "mixed") {
      found(item.id, "label \"" + item.label + "\", expected ai, human or mixed");
    }
    if (item.marked && !is_hex(line.facts ? line.facts->payload_hex : item.payload_hex, 16)) {
      found(item.id, "marked, and its payload is not 16 hex digits");
    }
  }

  void check_files(const ManifestItem& line) {
    if (!line.facts || line.facts->file.empty()) return;
    const ItemFacts& facts = *line.facts;
    try {
      if (!is_inside(facts.file)) {
        found(line.item.id, facts.file + ": leads out of the corpus");
        return;
      }
      const std::string bytes = read_file(folder_ / facts.file, kMostBytes);
      count(report_.files);
      if (sha256_hex(bytes) != facts.sha256) {
        found(line.item.id, facts.file + ": its bytes are not those of the manifest (sha256)");
      }
      check_samples(line, bytes);
      if (!facts.song_json.empty()) read_file(folder_ / facts.song_json, kMostBytes);
    } catch (const Error& error) {
      found(line.item.id, error.what());
    }
  }

  void check_samples(const ManifestItem& line, const std::string& bytes) {
    const ItemFacts& facts = *line.facts;
    const std::string extension = fs::path(facts.file).extension().string();
    if (facts.pcm_sha256.empty() || (extension != ".flac" && extension != ".wav")) return;
    const AudioBuffer audio = read_audio_bytes(bytes, facts.file);
    count(report_.decoded);
    if (pcm16_sha256(audio) != facts.pcm_sha256) {
      found(line.item.id, facts.file + ": its samples are not those of the manifest (pcm_sha256)");
    }
    if (audio.rate_hz() != facts.rate_hz || audio.num_channels() != facts.channels) {
      found(line.item.id,
            fmt::format("{}: {} Hz, {} channels, the manifest says {} and {}", facts.file,
                        audio.rate_hz(), audio.num_channels(), facts.rate_hz, facts.channels));
    }
  }

  /// A corpus that was built here has its recipe beside it.
  void check_recipe() {
    std::error_code error;
    if (!fs::exists(folder_ / "recipe.toml", error)) return;
    try {
      if (corpus_recipe_sha256(corpus_folder_recipe(folder_)) != reader_.header().recipe_sha256) {
        found("", "recipe.toml is not the recipe of the manifest (recipe_sha256)");
      }
    } catch (const Error& failure) {
      found("", failure.what());
    }
  }

  // Rendering again
  // ---------------------------------------------------------------------------------------

  void choose_sample(std::size_t items) {
    if (options_.sample == 0) return;
    if (options_.sample >= items) {
      every_ = true;
      return;
    }
    Rng rng(options_.seed, "corpus/check");
    while (chosen_.size() < options_.sample) {
      chosen_.insert(rng.below(static_cast<std::uint32_t>(items)));
    }
  }

  bool is_sampled(std::size_t at) const { return every_ || chosen_.contains(at); }

  void render_sample() {
    if (sample_.empty() || maker_ == nullptr) return;
    const TemporaryPath room(folder_ / (".tmp.check." + std::to_string(::getpid())));
    make_folder(room.path());
    Progress progress("render", sample_.size(), "items");
    parallel_for(sample_.size(), options_.jobs, [&](std::size_t i) {
      try {
        // Files too: what encodes them must not depend on where or when either.
        const ItemFacts again = render_item(sample_[i], *maker_, room.path());
        const fs::path file = room.path() / fs::path(item_file(sample_[i].item)).filename();
        const auto& facts = sample_[i].facts;
        if (facts && !facts->sha256.empty() &&
            sha256_hex(read_file(file, kMostBytes)) != facts->sha256) {
          found(sample_[i].item.id, "made again, its file has other bytes (same samples)");
        }
        fs::remove(file);
        count(report_.rendered);
      } catch (const Error& failure) {
        // Names its item itself where samples differ.
        const std::string what = failure.what(), id = sample_[i].item.id + ": ";
        found(sample_[i].item.id, what.starts_with(id) ? what.substr(id.size()) : what);
      }
      progress.add();
    });
  }

  void count(std::size_t& what) {
    const std::lock_guard lock(mutex_);
    ++what;
  }

  const fs::path& folder_;
  const CheckOptions& options_;
  const ItemMaker* maker_;
  ManifestReader reader_;
  LeakageCheck leakage_;
  std::unordered_set<std::string> ids_;
  std::unordered_set<std::size_t> chosen_;
  bool every_ = false;
  std::vector<ManifestItem> sample_;
  std::mutex mutex_;
  CheckReport report_;
};

}  // namespace

CheckReport check_corpus(const fs::path& folder, const CheckOptions& options,
                         const ItemMaker* maker) {
  return Check(folder, options, maker).run();
}

}  // namespace brandiron::experiments
