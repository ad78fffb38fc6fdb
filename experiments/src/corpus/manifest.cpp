#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/version.h"
#include "brandiron/experiments/corpus_manifest.h"
#include "brandiron/experiments/manifest_lines.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

ordered_json sources_json(const std::vector<CorpusSource>& sources) {
  ordered_json out = ordered_json::object();
  for (const char* split : kCorpusSplits) {
    for (const CorpusSource& source : sources) {
      if (source.split == split) out[split].push_back(source.name);
    }
  }
  return out;
}

ordered_json splits_json(const CorpusRecipe& recipe) {
  const CorpusSplits& splits = recipe.splits;
  ordered_json out = {{"by", splits.by}};
  for (std::size_t i = 0; i < kCorpusSplits.size(); ++i) out[kCorpusSplits[i]] = splits.shares[i];
  out["seed_block"] = splits.seed_block;
  if (splits.has("persona")) out["personas"] = sources_json(recipe.personas);
  if (splits.has("decoder")) out["decoders"] = sources_json(recipe.families());
  return out;
}

ManifestHeader read_header(const ManifestLines& lines) {
  try {
    const json document = json::parse(lines.header());
    ManifestHeader header;
    header.kind = document.value("kind", "");
    header.recipe = document.value("recipe", "");
    header.recipe_sha256 = document.value("recipe_sha256", "");
    header.seed = document.value("seed", std::uint64_t{0});
    header.songs = document.value("songs", std::size_t{0});
    header.items = document.value("items", std::size_t{0});
    header.generator = document.value("generator", "");
    header.git_commit = document.value("git_commit", "");
    header.licence = document.value("licence", "");
    header.missing = document.value("missing", "");
    if (const auto splits = document.find("splits"); splits != document.end()) {
      header.split_by = splits->value("by", std::vector<std::string>{});
      header.seed_block = splits->value("seed_block", std::size_t{1});
      header.splits_json = splits->dump();
    }
    return header;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kFormat, lines.place() + ": not a manifest: " + error.what());
  }
}

}  // namespace

ManifestHeader manifest_header(const CorpusRecipe& recipe, std::size_t items) {
  ManifestHeader header;
  header.recipe = recipe.name;
  header.recipe_sha256 = corpus_recipe_sha256(recipe);
  header.seed = recipe.seed;
  header.songs = recipe.songs;
  header.items = items;
  header.generator = "brandiron/" + version();
  header.git_commit = git_commit();
  header.licence = recipe.licence;
  header.split_by = recipe.splits.by;
  header.seed_block = recipe.splits.seed_block;
  header.splits_json = splits_json(recipe).dump();
  return header;
}

std::string header_line(const ManifestHeader& header) {
  ordered_json line = {{"schema", kManifestSchema},
                       {"kind", header.kind},
                       {"recipe", header.recipe},
                       {"recipe_sha256", header.recipe_sha256},
                       {"seed", header.seed},
                       {"songs", header.songs},
                       {"items", header.items},
                       {"generator", header.generator},
                       {"git_commit", header.git_commit}};
  line["splits"] =
      header.splits_json.empty() ? ordered_json::object() : ordered_json::parse(header.splits_json);
  line["licence"] = header.licence;
  if (!header.missing.empty()) line["missing"] = header.missing;
  return line.dump();
}

// Reading
// -----------------------------------------------------------------------------------------

struct ManifestReader::Impl {
  explicit Impl(const fs::path& path) : lines(path), header(read_header(lines)) {}
  ManifestLines lines;
  ManifestHeader header;
};

ManifestReader::ManifestReader(const fs::path& path) : impl_(std::make_unique<Impl>(path)) {}
ManifestReader::~ManifestReader() = default;
ManifestReader::ManifestReader(ManifestReader&&) noexcept = default;

const ManifestHeader& ManifestReader::header() const { return impl_->header; }

std::optional<ManifestItem> ManifestReader::next(bool with_labels) {
  const auto line = impl_->lines.next();
  if (!line) return {};
  return parse_item_line(*line, impl_->lines.place(), with_labels);
}

// Writing
// -----------------------------------------------------------------------------------------

struct ManifestWriter::Impl {
  explicit Impl(const fs::path& target)
      : name(target.string()), file(target, true), out(std::fopen(file.path().c_str(), "wb")) {}
  ~Impl() {
    if (out != nullptr) std::fclose(out);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kOutput, name + ": cannot be written: " + std::strerror(errno));
  }

  std::string name;
  AtomicFile file;
  std::FILE* out;
};

ManifestWriter::ManifestWriter(const fs::path& file) : impl_(std::make_unique<Impl>(file)) {
  if (impl_->out == nullptr) impl_->fail();
}

ManifestWriter::~ManifestWriter() = default;

void ManifestWriter::line(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), impl_->out) != text.size() ||
      std::fputc('\n', impl_->out) == EOF) {
    impl_->fail();
  }
}

void ManifestWriter::commit() {
  std::FILE* out = impl_->out;
  impl_->out = nullptr;
  if (std::fclose(out) != 0) impl_->fail();
  impl_->file.commit();
}

std::string ranges_text(const std::vector<std::size_t>& songs) {
  std::string text;
  for (std::size_t i = 0; i < songs.size();) {
    std::size_t last = i;
    while (last + 1 < songs.size() && songs[last + 1] == songs[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(songs[i]);
    if (last > i) text += "-" + std::to_string(songs[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace brandiron::experiments
