#include <algorithm>
#include <cmath>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/experiments/null_study.h"
#include "brandiron/watermark/null_trials.h"
#include "brandiron/watermark/watermark.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/study_key.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

watermark::Key random_key(std::uint64_t seed, const std::string& purpose, int index) {
  return study_key("brandiron null study " + purpose + " " + std::to_string(seed) + "/" +
                   std::to_string(index));
}

void count(NullCounts& counts, double p) {
  ++counts.trials;
  counts.smallest_p = std::min(counts.smallest_p, p);
  for (std::size_t i = 0; i < kNullPoints.size(); ++i) counts.at_most[i] += p <= kNullPoints[i];
}

NullCounts run_aligned(const NullOptions& options, const std::vector<AudioBuffer>& pieces,
                       std::size_t& recordings) {
  NullCounts counts;
  watermark::NullTrials trials;
  for (const AudioBuffer& piece : pieces) trials.add(piece);
  recordings = trials.num_recordings();
  Progress progress("aligned", static_cast<std::uint64_t>(options.aligned_keys), "keys");
  for (int k = 0; k < options.aligned_keys; ++k) {
    const watermark::Key key = random_key(options.seed, "aligned", k);
    for (const double ln_p : trials.ln_p(key)) count(counts, std::exp(ln_p));
    progress.add();
  }
  return counts;
}

json search_one(const NullOptions& options, const AudioBuffer& piece, std::size_t file) {
  std::vector<watermark::Key> keys;
  for (int k = 0; k < options.searched_keys; ++k) {
    const int index = static_cast<int>(file) * options.searched_keys + k;
    keys.push_back(random_key(options.seed, "searched", index));
  }
  watermark::VerifyOptions search;
  search.count_keys = false;
  NullCounts counts;
  for (const watermark::Verdict& verdict : watermark::verify_all(piece, keys, search)) {
    count(counts, verdict.p_value);
    counts.payloads += verdict.payload_valid;
  }
  return {{"file", options.files[file].id},
          {"trials", counts.trials},
          {"at_most", counts.at_most},
          {"payloads", counts.payloads},
          {"smallest_p", counts.smallest_p}};
}

void add_line(NullCounts& counts, const json& line) {
  counts.trials += line.at("trials").get<std::uint64_t>();
  counts.payloads += line.at("payloads").get<std::uint64_t>();
  counts.smallest_p = std::min(counts.smallest_p, line.at("smallest_p").get<double>());
  for (std::size_t i = 0; i < kNullPoints.size(); ++i) {
    counts.at_most[i] += line.at("at_most").at(i).get<std::uint64_t>();
  }
}

// Lines that an earlier run left; a torn last one is dropped.
std::vector<json> finished_lines(const fs::path& path) {
  std::vector<json> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    json line = json::parse(text, nullptr, false);
    if (line.is_object() && line.contains("file")) lines.push_back(std::move(line));
  }
  return lines;
}

NullCounts run_searched(const NullOptions& options, const std::vector<AudioBuffer>& pieces) {
  NullCounts counts;
  const fs::path path = options.folder / "searched.jsonl";
  std::set<std::string> done;
  std::string kept;
  if (options.resume) {
    for (const json& line : finished_lines(path)) {
      add_line(counts, line);
      done.insert(line.at("file").get<std::string>());
      kept += line.dump() + "\n";
    }
  }
  write_file(path, kept, options.resume || options.overwrite);
  std::ofstream out(path, std::ios::app);
  std::mutex mutex;
  Progress progress("searched", pieces.size(), "recordings");
  parallel_for(pieces.size(), options.jobs, [&](std::size_t i) {
    if (!done.contains(options.files[i].id)) {
      const json line = search_one(options, pieces[i], i);
      const std::lock_guard lock(mutex);
      add_line(counts, line);
      out << line.dump() << '\n' << std::flush;
      if (!out) throw Error(ErrorCode::kOutput, path.string() + ": cannot be written; disk full?");
    }
    progress.add();
  });
  return counts;
}

}  // namespace

NullSummary run_null_study(const NullOptions& options) {
  fs::create_directories(options.folder);
  NullOptions readable = options;
  readable.files.clear();
  std::vector<AudioBuffer> pieces;
  for (const StudyFile& file : options.files) {
    try {
      pieces.push_back(read_excerpt(file.path, options.piece_s));
      readable.files.push_back(file);
    } catch (const Error& error) {
      log_warning(error.what() + std::string("; left out"));
    }
  }
  NullSummary summary;
  summary.aligned = run_aligned(readable, pieces, summary.recordings);
  if (options.searched_keys > 0) summary.searched = run_searched(readable, pieces);
  return summary;
}

}  // namespace brandiron::experiments
