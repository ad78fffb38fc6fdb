#include "corpus_export/corpus_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/manifest_lines.h"

namespace brandiron::experiments::corpus_export {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

bool is_safe_name(const std::string& id) {
  return !id.empty() && id.size() <= 100 && id.front() != '.' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string CorpusItem::text(const char* key) const {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

CorpusReader::CorpusReader(const fs::path& folder)
    : folder_(folder),
      manifest_(folder / "manifest.jsonl"),
      header_(ordered_json::parse(ManifestLines(manifest_).header())) {}

CorpusItem CorpusReader::parse(const std::string& text, std::size_t line_number) const {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}:{}: {}", manifest_.string(), line_number, what));
  };
  CorpusItem item;
  item.line_number = line_number;
  item.line = ordered_json::parse(text, nullptr, false);
  if (!item.line.is_object()) fail("not a JSON object");
  item.id = item.text("id");
  if (!is_safe_name(item.id)) {
    fail("id '" + item.id + "', expected 1 to 100 letters, digits, '-', '_', '.'");
  }
  // Manifests of `twins` and `generate --ep` have no splits: nothing is held back in them.
  item.split = item.line.contains("split") ? item.text("split") : "train";
  if (item.split != "train" && item.split != "validation" && item.split != "test") {
    fail("split '" + item.split + "', expected train, validation or test");
  }
  const std::string label = item.text("label");
  if (label != "ai" && label != "human" && label != "mixed") {
    fail("label '" + label + "', expected ai, human or mixed");
  }
  if (const std::string file = item.text("file"); !file.empty()) item.audio = folder_ / file;
  return item;
}

bool CorpusReader::has_audio() const {
  ManifestLines lines(manifest_);
  const auto text = lines.next();
  if (!text) throw Error(ErrorCode::kFormat, manifest_.string() + ": lists no item");
  return !parse(*text, lines.number()).audio.empty();
}

void CorpusReader::for_each(const std::function<void(CorpusItem&&)>& visit) const {
  ManifestLines lines(manifest_);
  std::set<std::string> seen;
  while (const auto text = lines.next()) {
    CorpusItem item = parse(*text, lines.number());
    if (!seen.insert(item.id).second) {
      throw Error(ErrorCode::kFormat, lines.place() + ": id '" + item.id + "' occurs twice");
    }
    visit(std::move(item));
  }
  const auto items = header_.find("items");
  if (items != header_.end() && items->is_number_unsigned() &&
      items->get<std::size_t>() != seen.size()) {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}: {} items, expected {} as the header says: is it cut off?",
                            manifest_.string(), seen.size(), items->get<std::size_t>()));
  }
}

std::optional<ordered_json> CorpusReader::labels(const CorpusItem& item) const {
  const auto labels = item.line.find("labels");
  if (labels != item.line.end() && labels->is_object()) return *labels;
  std::string name = item.text("song_json");
  if (name.empty()) name = item.text("song");  // as `twins` calls it
  if (name.empty()) return std::nullopt;
  const fs::path path = folder_ / name;
  ordered_json song = ordered_json::parse(read_file(path, std::size_t{1} << 28), nullptr, false);
  if (!song.is_object()) {
    throw Error(ErrorCode::kFormat, path.string() + ": not a song.json");
  }
  return song;
}

fs::path CorpusReader::beside(const CorpusItem& item, const char* extension) const {
  if (item.audio.empty()) return {};
  fs::path path = item.audio;
  path.replace_extension(extension);
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) ? path : fs::path();
}

}  // namespace brandiron::experiments::corpus_export
