#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "brandiron/experiments/manifest_lines.h"
#include "corpus_export/staging.h"
#include "corpus_import/found.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using namespace corpus_import;
using nlohmann::ordered_json;

struct ImportFormat {
  const char* name;
  Listing (*list)(const CorpusImportOptions&);
};

constexpr std::array<ImportFormat, 3> kFormats{
    {{"sonics", list_sonics}, {"fakemusiccaps", list_fake_music_caps}, {"folder", list_folder}}};

/// What only the file itself says.
struct Measured {
  AudioInfo info;
  std::string sha256, why_not;
};

Measured measure(const fs::path& file) {
  Measured measured;
  try {
    measured.info = probe_audio(file);
    ReadOptions start;  // a header alone proves little
    start.max_frames = 48000;
    read_audio(file, start);
    measured.sha256 = corpus_export::hash_file(file).sha256;
  } catch (const Error& error) {
    measured.why_not = error.what();
  }
  return measured;
}

bool is_utf8(const std::string& text) {
  try {
    (void)ordered_json(text).dump();
    return true;
  } catch (const ordered_json::exception&) {
    return false;
  }
}

/// "ai/Some Song.mp3" -> "some-song"
std::string slug(const std::string& name) {
  std::string out;
  for (const char c : fs::path(name).stem().string()) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.substr(0, 60);
}

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}

std::string source_of(const CorpusImportOptions& options) {
  if (!options.source.empty()) return options.source;
  if (options.format != "folder") return options.format;
  fs::path clean = fs::absolute(options.from).lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();
  return "folder:" + clean.filename().string();
}

ordered_json manifest_line(const Found& found, const Measured& measured, const std::string& id,
                           const std::string& file, const CorpusImportOptions& options) {
  ordered_json line;
  line["id"] = id;
  line["song"] = nullptr;
  line["file"] = file;
  line["sha256"] = measured.sha256;
  line["pcm_sha256"] = nullptr;
  line["label"] = found.label;
  line["kind"] = "imported";
  line["parts"] = {{"vocals", or_null(found.vocals)},
                   {"instruments", or_null(found.instruments)},
                   {"composition", or_null(found.composition)},
                   {"lyrics", or_null(found.lyrics)}};
  line["generator"] = or_null(found.generator);
  for (const char* key : {"persona", "preset", "seed"}) line[key] = nullptr;
  line["title"] = or_null(found.title);
  line["theme"] = or_null(found.theme);
  for (const char* key :
       {"key", "tempo_bpm", "meter", "groove", "form", "decoder", "singer", "marked", "payload_hex",
        "key_fingerprint", "codec", "attack", "parent_id", "twin"}) {
    line[key] = nullptr;
  }
  line["split"] = found.split;
  line["licence"] = options.licence;
  line["source"] = found.source.empty() ? source_of(options) : found.source;
  line["duration_s"] = std::round(measured.info.duration_s() * 1e6) / 1e6;
  line["sample_rate_hz"] = measured.info.rate_hz;
  line["channels"] = measured.info.num_channels;
  for (const char* key :
       {"integrated_lufs", "true_peak_dbtp", "producedness", "spec", "labels", "song_json"}) {
    line[key] = nullptr;
  }
  line["track"] = found.track;
  for (const auto& [key, value] : found.extra) line[key] = value;
  return line;
}

/// Ids by name, and by number where names meet.
class Ids {
 public:
  std::string next(const std::string& name) {
    const std::string base = "i-" + slug(name);
    std::string id = base;
    for (int n = 2; !taken_.insert(id).second; ++n) id = fmt::format("{}-{}", base, n);
    return id;
  }

 private:
  std::set<std::string> taken_;
};

void link_audio(const fs::path& from, const fs::path& to, bool overwrite) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (overwrite) fs::remove(to, error);
  fs::create_hard_link(fs::canonical(from), to, error);
  if (error && error != std::errc::file_exists) {  // another volume
    fs::create_symlink(fs::canonical(from), to, error);
  }
  if (error) {
    throw Error(ErrorCode::kOutput, to.string() + ": cannot be linked: " + error.message());
  }
}

std::vector<Measured> measure_all(const std::vector<Found>& found, int jobs) {
  std::vector<Measured> measured(found.size());
  Progress progress("import", found.size(), "files");
  parallel_for(found.size(), jobs, [&](std::size_t i) {
    measured[i] = is_utf8(found[i].file.string()) && is_utf8(found[i].name)
                      ? measure(found[i].file)
                      : Measured{{}, "", "its name is not UTF-8"};
    progress.add();
  });
  return measured;
}

void count(CorpusImport& result, const Found& found, double duration_s) {
  ++result.items;
  result.duration_s += duration_s;
  (found.label == "ai" ? result.ai : found.label == "human" ? result.human : result.mixed) += 1;
  (found.split == "train"        ? result.train
   : found.split == "validation" ? result.validation
                                 : result.test) += 1;
}

ordered_json header_line(const CorpusImportOptions& options, const CorpusImport& result,
                         bool drawn) {
  return {{"schema", kManifestSchema},
          {"kind", "imported"},
          {"recipe", nullptr},
          {"recipe_sha256", nullptr},
          {"seed", options.seed},
          {"songs", nullptr},
          {"items", result.items},
          {"generator", "brandiron/" + version()},
          {"git_commit", git_commit()},
          {"splits",
           {{"by", drawn ? "track" : "source"},
            {"train", options.shares[0]},
            {"validation", options.shares[1]},
            {"test", options.shares[2]}}},
          {"licence", options.licence},
          {"source", source_of(options)},
          {"left_out", result.failed.size()}};
}

}  // namespace

const std::vector<std::string>& corpus_import_formats() {
  static const std::vector<std::string> names = {"sonics", "fakemusiccaps", "folder"};
  return names;
}

void CorpusImportOptions::validate() const {
  const auto& known = corpus_import_formats();
  if (std::find(known.begin(), known.end(), format) == known.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("format '{}', expected one of {}", format, fmt::join(known, ", ")));
  }
  if (licence.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "no licence: say under which one the recordings are (--licence CC-BY-4.0)");
  }
  if (!label.empty() && label != "ai" && label != "human" && label != "mixed") {
    throw Error(ErrorCode::kInvalidArgument, "label '" + label + "', expected ai, human or mixed");
  }
  const double sum = shares[0] + shares[1] + shares[2];
  if (*std::min_element(shares.begin(), shares.end()) < 0 || !(sum > 0)) {
    throw Error(ErrorCode::kInvalidArgument, "shares of splits: expected three of at least 0");
  }
  (void)track_of("x", track_pattern);
}

CorpusImport import_corpus(const CorpusImportOptions& options) {
  options.validate();
  const fs::path manifest = options.out / "manifest.jsonl";
  std::error_code error;
  if (!options.overwrite && fs::exists(manifest, error)) {
    throw Error(ErrorCode::kOutput,
                manifest.string() + ": exists; give --overwrite or another folder");
  }
  if (!fs::exists(options.from, error)) {
    throw Error(ErrorCode::kIo, options.from.string() + ": no such folder");
  }
  const auto format = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const ImportFormat& f) { return options.format == f.name; });
  Listing listing = format->list(options);
  const bool drawn = std::any_of(listing.found.begin(), listing.found.end(),
                                 [](const Found& f) { return f.split.empty(); });
  deal_splits(listing, options);

  const std::vector<Measured> measured = measure_all(listing.found, options.jobs);
  CorpusImport result;
  result.failed = listing.failed;
  result.notes = listing.notes;
  fs::create_directories(options.out, error);
  if (error) throw Error(ErrorCode::kOutput, options.out.string() + ": " + error.message());
  Ids ids;
  std::string lines;
  for (std::size_t i = 0; i < listing.found.size(); ++i) {
    const Found& found = listing.found[i];
    if (!measured[i].why_not.empty()) {
      result.failed.emplace_back(found.name, measured[i].why_not);
      continue;
    }
    const std::string id = ids.next(found.name);
    std::string file;
    if (options.link) {
      file =
          fmt::format("audio/{:05}/{}{}", result.items / 1000, id, found.file.extension().string());
      link_audio(found.file, options.out / file, options.overwrite);
    } else {
      file = fs::relative(found.file, options.out).string();
    }
    lines += manifest_line(found, measured[i], id, file, options).dump() + "\n";
    count(result, found, measured[i].info.duration_s());
  }
  if (result.items == 0) {
    const std::string why = result.failed.empty()
                                ? "no table lists a recording"
                                : result.failed.front().first + ": " + result.failed.front().second;
    throw Error(ErrorCode::kFormat,
                options.from.string() + ": nothing in it can be imported; first: " + why);
  }
  write_file(manifest, header_line(options, result, drawn).dump() + "\n" + lines,
             options.overwrite);
  return result;
}

}  // namespace brandiron::experiments
