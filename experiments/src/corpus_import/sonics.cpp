#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/table.h"
#include "corpus_import/found.h"

namespace brandiron::experiments::corpus_import {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<fs::path> tables_in(const fs::path& folder) {
  if (folder.extension() == ".csv") return {folder};
  std::vector<fs::path> tables;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".csv") tables.push_back(entry.path());
  }
  std::sort(tables.begin(), tables.end());
  if (tables.empty()) {
    throw Error(ErrorCode::kIo, folder.string() +
                                    ": no .csv in it; expected real_songs.csv, fake_songs.csv "
                                    "or another table of SONICS");
  }
  return tables;
}

/// Audio by its name without extension.
std::map<std::string, fs::path> audio_by_stem(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  for (const fs::path& file : audio_below(folder)) files.emplace(file.stem().string(), file);
  return files;
}

/// "fake_00042_suno_1" -> "00042": Suno answers one prompt with two songs, Udio with two more.
std::string prompt_of(const std::string& filename) {
  static const std::regex pattern("fake_([0-9]+)_.*");
  std::smatch match;
  return std::regex_match(filename, match, pattern) ? "prompt " + match[1].str() : filename;
}

/// SONICS' classes: full fake (words and style by models), mostly fake (words by a model after real
/// ones), half fake (a real song's words, sung by a generator).
bool set_label(Found& found, const std::string& label) {
  const std::string name = lower(label);
  if (name == "real" || name == "human") {
    found.label = "human";
    found.generator = "human";
    found.vocals = found.instruments = found.composition = found.lyrics = "human";
    return true;
  }
  if (name.find("fake") == std::string::npos && name != "ai") return false;
  found.label = "ai";
  found.vocals = found.instruments = found.composition = "ai";
  if (name.starts_with("half")) found.lyrics = "human";
  if (name.starts_with("full") || name.starts_with("mostly")) found.lyrics = "ai";
  return true;
}

void read_row(const Table& table, std::size_t row, const std::map<std::string, fs::path>& audio,
              const CorpusImportOptions& options, Listing& listing) {
  const std::string where = fmt::format("{}:{}", table.name, table.line_numbers[row]);
  std::string name = table.at(row, "filename");
  if (name.empty()) name = table.at(row, "id");
  // Some tables name the file with its extension.
  std::string stem = name;
  for (const char* extension : {".mp3", ".wav", ".flac", ".ogg"}) {
    if (lower(stem).ends_with(extension)) stem.resize(stem.size() - std::string(extension).size());
  }
  if (stem.empty()) {
    listing.failed.emplace_back(where, "neither filename nor id");
    return;
  }
  Found found;
  const auto file = audio.find(fs::path(stem).filename().string());
  if (file == audio.end()) {
    listing.failed.emplace_back(where, stem + ": no such audio below the folder");
    return;
  }
  found.file = file->second;
  found.name = stem;
  if (!set_label(found, table.at(row, "label"))) {
    listing.failed.emplace_back(where, "label '" + table.at(row, "label") +
                                           "', expected real, full fake, mostly fake or half fake");
    return;
  }
  const std::string& given = table.at(row, "split");
  found.split = split_name(given);
  if (found.split.empty() && !given.empty()) {
    listing.failed.emplace_back(where, "split '" + given + "', expected train, valid or test");
    return;
  }
  if (found.label == "ai") {
    const std::string& algorithm = table.at(row, "algorithm");
    found.generator = algorithm.empty() ? table.at(row, "source") : algorithm;
  }
  found.title = table.at(row, "title");
  found.theme = table.at(row, "topic");
  if (!table.at(row, "source").empty()) found.source = "sonics:" + table.at(row, "source");
  found.track = options.track_pattern.empty() ? prompt_of(fs::path(stem).filename().string())
                                              : track_of(stem, options.track_pattern);
  for (const char* column : {"label", "style", "genre", "lyrics_features", "duration"}) {
    if (!table.at(row, column).empty()) {
      found.extra.emplace_back(std::string("sonics_") + column, table.at(row, column));
    }
  }
  listing.found.push_back(std::move(found));
}

}  // namespace

Listing list_sonics(const CorpusImportOptions& options) {
  const fs::path folder =
      options.from.extension() == ".csv" ? options.from.parent_path() : options.from;
  const auto audio = audio_by_stem(folder.empty() ? fs::path(".") : folder);
  Listing listing;
  for (const fs::path& path : tables_in(options.from)) {
    const Table table = parse_csv(read_file(path), path.string());
    if (!table.has("label") || (!table.has("filename") && !table.has("id"))) {
      listing.notes.push_back(path.filename().string() +
                              ": has no columns filename and label, passed over");
      continue;
    }
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      read_row(table, row, audio, options, listing);
    }
  }
  return listing;
}

}  // namespace brandiron::experiments::corpus_import
