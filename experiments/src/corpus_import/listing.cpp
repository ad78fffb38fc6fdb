#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "corpus_import/found.h"

namespace brandiron::experiments::corpus_import {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_audio_name(const fs::path& path) {
  static const std::set<std::string> extensions = {".wav", ".flac", ".mp3", ".ogg", ".opus"};
  return extensions.contains(lower(path.extension().string()));
}

std::string drawn_split(const std::string& track, const CorpusImportOptions& options) {
  const double sum = options.shares[0] + options.shares[1] + options.shares[2];
  const double at = Rng(options.seed, "import-split").child(track).uniform() * sum;
  if (at < options.shares[0]) return "train";
  return at < options.shares[0] + options.shares[1] ? "validation" : "test";
}

}  // namespace

std::vector<fs::path> audio_below(const fs::path& folder) {
  std::vector<fs::path> files;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(
             folder, fs::directory_options::follow_directory_symlink)) {
      if (entry.is_regular_file() && is_audio_name(entry.path())) files.push_back(entry.path());
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::kIo, folder.string() + ": cannot be read: " + error.code().message());
  }
  if (files.empty()) {
    throw Error(ErrorCode::kIo,
                folder.string() + ": no audio below it (.wav .flac .mp3 .ogg .opus)");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string split_name(const std::string& word) {
  static const std::map<std::string, std::string> names = {
      {"train", "train"},      {"training", "train"}, {"validation", "validation"},
      {"valid", "validation"}, {"val", "validation"}, {"dev", "validation"},
      {"test", "test"},        {"testing", "test"},   {"eval", "test"}};
  const auto found = names.find(lower(word));
  return found == names.end() ? "" : found->second;
}

std::string track_of(const std::string& stem, const std::string& pattern) {
  static const std::string clip = "(.+)[ _.-](?:clip|seg|segment|part|chunk|excerpt)[ _-]?[0-9]+";
  std::smatch match;
  try {
    const std::regex wanted(pattern.empty() ? clip : pattern,
                            std::regex::ECMAScript | std::regex::icase);
    if (!pattern.empty() && wanted.mark_count() < 1) {
      throw Error(ErrorCode::kInvalidArgument,
                  "track pattern '" + pattern + "': has no group (...) that names the track");
    }
    const bool matches = pattern.empty() ? std::regex_match(stem, match, wanted)
                                         : std::regex_search(stem, match, wanted);
    return matches && match[1].length() > 0 ? match[1].str() : stem;
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::kInvalidArgument,
                "track pattern '" + pattern + "': no regular expression: " + error.what());
  }
}

void deal_splits(Listing& listing, const CorpusImportOptions& options) {
  std::map<std::string, std::set<std::string>> given;  // by track
  for (const Found& item : listing.found) {
    if (!item.split.empty()) given[item.track].insert(item.split);
  }
  std::size_t torn = 0;
  for (const auto& [track, splits] : given) torn += splits.size() > 1 ? 1 : 0;
  if (torn > 0) {
    listing.notes.push_back(std::to_string(torn) +
                            " tracks are in several splits of the source, which are kept");
  }
  for (Found& item : listing.found) {
    if (!item.split.empty()) continue;
    const auto known = given.find(item.track);
    item.split = known != given.end() ? *known->second.begin() : drawn_split(item.track, options);
  }
}

}  // namespace brandiron::experiments::corpus_import
