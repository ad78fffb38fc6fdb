#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/temporary.h"
#include "brandiron/core/version.h"
#include "detector_study/answers.h"
#include "detector_study/blind.h"
#include "detector_study/copies.h"
#include "detector_study/fourier.h"
#include "detector_study/names.h"
#include "detector_study/records.h"
#include "detector_study/references.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string material_hash(const std::vector<DetectorClip>& clips) {
  std::string text;
  for (const DetectorClip& c : clips) {
    text +=
        fmt::format("{}\n{}\n{}\n{}\n{}\n", c.id, c.file.string(), c.label, c.source, c.recording);
  }
  return sha256_hex(text);
}

std::string study_header(const DetectorStudyOptions& options) {
  Json detectors = Json::object();
  for (const auto& detector : options.detectors) detectors[detector->name()] = detector->identity();
  return Json{{"schema", "brandiron.detector-records/1"},
              {"grid", options.grid.name},
              {"grid_sha256", sha256_hex(options.grid.config_json)},
              {"material_sha256", material_hash(options.clips)},
              {"clips", options.clips.size()},
              {"seed", options.seed},
              {"detectors", detectors},
              {"version", version()},
              {"git_commit", git_commit()},
              {"machine", machine_name()}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// One copy to be heard: which clip, which row.
struct Item {
  const DetectorClip* clip;
  const DetectorRow* row;
};

class Study {
 public:
  Study(const DetectorStudyOptions& options, DetectorLog& log, const fs::path& scratch)
      : options_(options), log_(log), scratch_(scratch), maker_(options, scratch) {
    for (const DetectorClip& clip : options.clips) {
      for (const DetectorRow& row : maker_.rows()) {
        if (maker_.wanted(clip, row)) items_.push_back({&clip, &row});
      }
    }
    std::vector<std::uint32_t> order(items_.size());
    std::iota(order.begin(), order.end(), 0U);
    Rng(options.seed, "evaluate/detector/order").shuffle(order);
    std::vector<Item> shuffled;
    for (const std::uint32_t i : order) shuffled.push_back(items_[i]);
    items_ = std::move(shuffled);
    fs::create_directories(options.folder / "features");
  }

  std::vector<std::string> run() {
    add_score_files();
    Progress progress("evaluate detector", items_.size() * (1 + options_.detectors.size()),
                      "hearings");
    progress_ = &progress;
    const auto size = static_cast<std::size_t>(options_.grid.batch);
    for (std::size_t at = 0; at < items_.size(); at += size) {
      run_batch(at, std::min(size, items_.size() - at));
    }
    std::vector<std::string> left_out;
    for (const auto& [clip, why] : unreadable_) left_out.push_back(clip + ": " + why);
    left_out.insert(left_out.end(), failures_.begin(), failures_.end());
    return left_out;
  }

 private:
  struct Copy {
    Item item;
    fs::path file;
    double duration_s = 0;
  };

  void add_score_files() {
    std::set<std::string> known, rows;
    for (const DetectorClip& clip : options_.clips) known.insert(clip.id);
    for (const DetectorRow& row : maker_.rows()) rows.insert(row.id);
    for (const ScoreFile& file : options_.score_files) {
      std::size_t strangers = 0;
      for (const DetectorScore& score : read_score_file(file)) {
        if (!known.contains(score.clip) || !rows.contains(score.row)) {
          ++strangers;
        } else if (!log_.has(score_id(score.detector, score.clip, score.row))) {
          log_.append(score_line(score));
        }
      }
      if (strangers > 0) {
        log_warning(fmt::format("{}: {} lines name no recording and row of this study: left out",
                                file.path.string(), strangers));
      }
    }
  }

  bool copy_missing(const Item& item) const {
    return !log_.has(copy_id(item.clip->id, item.row->id));
  }

  bool score_missing(const StudiedDetector& detector, const Item& item) const {
    return !failed_.contains(detector.name()) &&
           !log_.has(score_id(detector.name(), item.clip->id, item.row->id));
  }

  bool anything_missing(const Item& item) const {
    return copy_missing(item) ||
           std::any_of(options_.detectors.begin(), options_.detectors.end(),
                       [&](const auto& detector) { return score_missing(*detector, item); });
  }

  void run_batch(std::size_t at, std::size_t count) {
    std::vector<Item> missing;
    for (std::size_t i = at; i < at + count; ++i) {
      if (anything_missing(items_[i])) missing.push_back(items_[i]);
    }
    progress_->add((count - missing.size()) * (1 + options_.detectors.size()));
    if (missing.empty()) return;
    const std::vector<Copy> copies = make_copies(missing);
    for (const auto& detector : options_.detectors) {
      std::vector<Copy> unheard;
      for (const Copy& copy : copies) {
        if (score_missing(*detector, copy.item)) unheard.push_back(copy);
      }
      if (!unheard.empty()) hear(*detector, unheard, at);
      progress_->add(missing.size(), detector->name());
    }
    if (!options_.cache.empty()) return;
    for (const Copy& copy : copies) fs::remove(copy.file);
  }

  std::vector<Copy> make_copies(const std::vector<Item>& items) {
    std::vector<std::optional<Copy>> made(items.size());
    parallel_for(items.size(), options_.jobs, [&](std::size_t i) {
      made[i] = make_copy(items[i]);
      progress_->add(1, items[i].clip->id + " " + items[i].row->id);
    });
    std::vector<Copy> copies;
    for (auto& copy : made) {
      if (copy) copies.push_back(std::move(*copy));
    }
    return copies;
  }

  std::optional<Copy> make_copy(const Item& item) {
    const MadeCopy made = maker_.make(*item.clip, *item.row);
    if (made.record.error.empty() && copy_missing(item)) keep_features(item, made.file);
    if (copy_missing(item)) log_.append(copy_line(made.record));
    if (made.record.error.empty()) return Copy{item, made.file, made.record.duration_s};
    const std::lock_guard lock(mutex_);
    unreadable_.emplace(item.clip->id, made.record.error);  // once, however many rows it has
    return std::nullopt;
  }

  void keep_features(const Item& item, const fs::path& file) const {
    if (options_.grid.rate_hz != 44100) return;
    write_features(feature_file(options_.folder, item.clip->id, item.row->id),
                   fourier_features(read_audio(file)));
  }

  void hear(const StudiedDetector& detector, const std::vector<Copy>& copies, std::size_t batch) {
    const Rng names = Rng(options_.seed, "evaluate/detector/names").child(detector.name(), batch);
    BlindFolder folder(scratch_, names);
    std::vector<fs::path> files;
    DetectorBatch record;
    record.detector = detector.name();
    for (const Copy& copy : copies) {
      files.push_back(copy.file);
      record.audio_s += copy.duration_s;
    }
    Hearing hearing = heard(detector, folder.add(files));
    record.failure = hearing.failure;
    record.wall_s = hearing.wall_s;
    record.cpu_s = hearing.cpu_s;
    log_.append(batch_line(record));
    if (!hearing.failure.empty()) {
      failed_.insert(detector.name());
      failures_.push_back("detector " + detector.name() + ": " + hearing.failure);
      return;
    }
    for (std::size_t i = 0; i < copies.size(); ++i) {
      const HeardScore& h = hearing.scores[i];
      log_.append(score_line({detector.name(), copies[i].item.clip->id, copies[i].item.row->id,
                              h.score, h.p, h.segments, h.error}));
    }
  }

  static Hearing heard(const StudiedDetector& detector, const std::vector<fs::path>& files) {
    try {
      Hearing hearing = detector.hear(files);
      if (hearing.failure.empty() && hearing.scores.size() != files.size()) {
        hearing.failure =
            fmt::format("{} scores for {} files", hearing.scores.size(), files.size());
      }
      return hearing;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutput) throw;
      Hearing hearing;
      hearing.failure = error.what();
      return hearing;
    }
  }

  const DetectorStudyOptions& options_;
  DetectorLog& log_;
  fs::path scratch_;
  CopyMaker maker_;
  std::vector<Item> items_;
  Progress* progress_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, std::string> unreadable_;  ///< by clip, why
  std::set<std::string> failed_;
  std::vector<std::string> failures_;
};

fs::path make_scratch() {
  std::string name = (fs::temp_directory_path() / "brandiron-hearing-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::kOutput, name + ": cannot make a temporary folder");
  }
  return name;
}

void check_names(const DetectorStudyOptions& options) {
  std::set<std::string> names = {kRandomReference, kFourierReference, kContentFreeProbe,
                                 kContentFreeRawProbe};
  const auto add = [&](const std::string& name) {
    if (!names.insert(name).second) {
      throw Error(ErrorCode::kInvalidArgument, "evaluate detector: two detectors are named \"" +
                                                   name + "\"; say name=... for one of them");
    }
  };
  for (const auto& detector : options.detectors) add(detector->name());
  for (const ScoreFile& file : options.score_files) add(file.name);
}

}  // namespace

std::vector<std::string> run_detector_study(const DetectorStudyOptions& options) {
  check_names(options);
  // Said when the study begins, not while its arguments may still be refused.
  for (const std::string& row : options.grid.left_out) {
    log_warning("evaluate detector: " + row + ": left out");
  }
  DetectorLog log(options, study_header(options));
  const TemporaryPath scratch(make_scratch());
  return Study(options, log, scratch.path()).run();
}

void check_same_study(const DetectorStudyOptions& options, const DetectorResults& results) {
  check_header(options.folder / kDetectorRecords, results.header_json, study_header(options));
}

}  // namespace brandiron::experiments
