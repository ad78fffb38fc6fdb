#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kAudio = {".wav", ".flac", ".mp3", ".ogg", ".opus", ".oga"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void add_file(const fs::path& path, std::vector<StudyFile>& files) {
  const std::string folder = fs::absolute(path).lexically_normal().parent_path().filename();
  files.push_back({folder + "/" + path.filename().string(), folder, path});
}

void add_folder(const fs::path& folder, std::vector<StudyFile>& files) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && kAudio.contains(lower(entry.path().extension()))) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) add_file(path, files);
}

void add_manifest(const fs::path& manifest, const std::string& split,
                  std::vector<StudyFile>& files) {
  std::istringstream lines(read_file(manifest));
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (!row.is_object()) {
      throw Error(ErrorCode::kFormat, manifest.string() + ":" + std::to_string(number) +
                                          ": not a JSON object, expected one a line");
    }
    if (row.contains("schema")) continue;  // the header
    if (!row.contains("file") || !row["file"].is_string()) {
      throw Error(ErrorCode::kFormat, manifest.string() + ":" + std::to_string(number) +
                                          ": no \"file\", expected a path");
    }
    if (!split.empty() && row.value("split", "") != split) continue;
    const std::string file = row["file"];
    files.push_back(
        {row.value("id", file), row.value("source", ""), manifest.parent_path() / fs::path(file)});
  }
}

// Two files of one name in different folders keep different clusters.
void make_unique(std::vector<StudyFile>& files) {
  std::set<std::string> seen;
  for (StudyFile& file : files) {
    std::string id = file.id;
    for (int n = 2; !seen.insert(id).second; ++n) id = file.id + "#" + std::to_string(n);
    file.id = id;
  }
}

}  // namespace

std::vector<StudyFile> read_material(const std::vector<std::string>& paths,
                                     const std::string& split) {
  std::vector<StudyFile> files;
  for (const std::string& path : paths) {
    if (fs::is_directory(path)) {
      add_folder(path, files);
    } else if (fs::path(path).extension() == ".jsonl") {
      add_manifest(path, split, files);
    } else if (fs::exists(path)) {
      add_file(path, files);
    } else {
      throw Error(ErrorCode::kIo, path + ": no such file");
    }
  }
  if (files.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate: no audio file among the material given, expected files, folders or a "
                "manifest.jsonl" +
                    (split.empty() ? "" : " with split \"" + split + "\""));
  }
  make_unique(files);
  return files;
}

}  // namespace brandiron::experiments
