#include <unistd.h>

#include <fmt/format.h>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/core/version.h"
#include "watermark_study/chain.h"
#include "watermark_study/fidelity.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/records.h"
#include "watermark_study/scheme.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTwin = "twin";
constexpr const char* kWrongKey = "wrong-key";
constexpr double kNegativeThreshold = 1e-9;
// Keys of negatives are numbered from here: no marked file has one of them.
constexpr int kFirstStrangeKey = 1000000;

/// A marked file to be made: one file, one key, one setting of one tool.
struct Unit {
  const Scheme* scheme;
  std::size_t file;
  int key;
};

nlohmann::ordered_json rows_json(const AttackGrid& grid) {
  auto rows = nlohmann::ordered_json::array();
  for (const AttackRow& row : grid.rows) {
    rows.push_back({row.id, row.chain, row.repeats, row.pool, row.p_threshold});
  }
  return rows;
}

nlohmann::ordered_json tools_json(const std::vector<StudyTool>& tools) {
  auto list = nlohmann::ordered_json::array();
  for (const StudyTool& tool : tools) {
    list.push_back({{"name", tool.name},
                    {"embed", tool.embed},
                    {"verify", tool.verify},
                    {"success", tool.success},
                    {"presence", tool.presence},
                    {"payload_bits", tool.payload_bits},
                    {"strength", tool.strength}});
  }
  return list;
}

std::string header(const StudyOptions& options) {
  nlohmann::ordered_json json{{"schema", "brandiron.watermark-study/1"},
                              {"grid", options.grid.name},
                              {"rows_sha256", sha256_hex(rows_json(options.grid).dump())},
                              {"seed", options.seed},
                              {"excerpt_s", options.excerpt_s},
                              {"effort", options.effort.empty() ? "normal" : options.effort},
                              {"front_end", options.front_end ? "learned" : "classical"},
                              {"keys", options.keys},
                              {"strengths", options.strengths},
                              {"negatives", options.negatives},
                              {"tools", tools_json(options.tools)},
                              {"files", options.files.size()},
                              {"version", version()},
                              {"git_commit", git_commit()},
                              {"machine", machine_name()}};
  return json.dump();
}

class Study {
 public:
  Study(const StudyOptions& options, ResultLog& log, const fs::path& scratch)
      : options_(options), log_(log), excerpts_(options, scratch) {
    for (const double strength : options.strengths) {
      schemes_.push_back(make_brandiron_scheme(options, strength));
    }
    for (const StudyTool& tool : options.tools) {
      schemes_.push_back(make_command_scheme(options.seed, tool, scratch));
    }
    // The first key of everything first: a run that is stopped early has looked at every file.
    for (int key = 0; key < options.keys; ++key) {
      for (std::size_t file = 0; file < options.files.size(); ++file) {
        for (const auto& scheme : schemes_) units_.push_back({scheme.get(), file, key});
      }
    }
  }

  std::vector<std::string> run() {
    std::size_t trials = 0;
    for (const AttackRow& row : options_.grid.rows) {
      trials += static_cast<std::size_t>(row.repeats);
    }
    const std::size_t each = trials + 2 * static_cast<std::size_t>(options_.negatives) + 1;
    Progress progress("evaluate watermark", units_.size() * each, "results");
    progress_ = &progress;
    parallel_for(units_.size(), options_.jobs, [this](std::size_t i) { run_unit(units_[i]); });
    return left_out_;
  }

 private:
  /// Empty trial of a unit: what its identity says.
  TrialResult trial(const Unit& unit, const std::string& row, int repeat,
                    const std::string& negative) const {
    TrialResult result;
    result.tool = unit.scheme->name();
    result.file = options_.files[unit.file].id;
    result.source = options_.files[unit.file].source;
    result.key = unit.key;
    result.strength = unit.scheme->strength();
    result.row = row;
    result.repeat = repeat;
    result.negative = negative;
    return result;
  }

  struct Job {
    const AttackRow* row;  ///< null for a negative
    TrialResult result;
  };

  std::vector<Job> missing_jobs(const Unit& unit) {
    std::vector<Job> jobs;
    const auto add = [&](const AttackRow* row, TrialResult result) {
      if (log_.has(trial_id(result))) {
        progress_->add();
      } else {
        jobs.push_back({row, std::move(result)});
      }
    };
    for (const AttackRow& row : options_.grid.rows) {
      for (int r = 0; r < row.repeats; ++r) add(&row, trial(unit, row.id, r, ""));
    }
    for (int n = 0; n < options_.negatives; ++n) {
      if (!unit.scheme->decides_presence()) {
        progress_->add(2);
        continue;
      }
      add(nullptr, trial(unit, "none", n, kTwin));
      add(nullptr, trial(unit, "none", n, kWrongKey));
    }
    return jobs;
  }

  void run_unit(const Unit& unit) {
    const StudyFile& file = options_.files[unit.file];
    EmbedResult embed;
    embed.tool = unit.scheme->name();
    embed.file = file.id;
    embed.source = file.source;
    embed.key = unit.key;
    embed.strength = unit.scheme->strength();
    std::vector<Job> jobs = missing_jobs(unit);
    const bool measured = log_.has(embed_id(embed));
    if (measured) progress_->add();
    if (measured && jobs.empty()) return;
    try {
      const AudioBuffer original = read_excerpt(file.path, options_.excerpt_s);
      const std::string payload = unit.scheme->payload(file.id, unit.key);
      Marked marked = unit.scheme->embed(original, unit.key, payload);
      if (!measured) {
        embed.duration_s = original.duration_s();
        embed.cpu_s = marked.cpu_s;
        embed.warning = marked.warning;
        measure_fidelity(original, marked.audio, embed);
        log_.append(embed_line(embed));
        progress_->add();
      }
      for (Job& job : jobs) {
        run_trial(unit, job, original, marked.audio, payload);
        log_.append(trial_line(job.result));
        progress_->add(1, file.id + " " + job.result.row);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutput) throw;
      const std::lock_guard lock(mutex_);
      left_out_.push_back(file.id + " (" + unit.scheme->name() + "): " + error.what());
      progress_->add(jobs.size());
    }
  }

  void run_trial(const Unit& unit, Job& job, const AudioBuffer& original, const AudioBuffer& marked,
                 const std::string& payload) {
    TrialResult& result = job.result;
    try {
      if (job.row == nullptr) {
        const int strange = kFirstStrangeKey + unit.key * options_.negatives + result.repeat;
        const bool twin = result.negative == kTwin;
        result.chain = "none";
        fill(result, twin ? original : marked,
             unit.scheme->read(twin ? original : marked,
                               twin && result.repeat == 0 ? unit.key : strange, "",
                               kNegativeThreshold));
        return;
      }
      const Rng rng = Rng(options_.seed, "evaluate/watermark")
                          .child(result.file)
                          .child("key", static_cast<std::uint64_t>(unit.key))
                          .child(result.row, static_cast<std::uint64_t>(result.repeat));
      result.chain = chain_of(*job.row, unit, rng.child("draw"));
      const std::string chain =
          fill_chain(result.chain, other_path(result.chain, unit, rng.child("other")), {});
      const double start = thread_cpu_s();
      const AudioBuffer attacked = EffectChain::parse(chain).apply(marked, rng.child("attack"));
      result.attack_cpu_s = thread_cpu_s() - start;
      fill(result, attacked, unit.scheme->read(attacked, unit.key, payload, job.row->p_threshold));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutput) throw;
      result.error = error.what();
    }
  }

  static void fill(TrialResult& result, const AudioBuffer& heard, const Reading& reading) {
    result.duration_s = heard.duration_s();
    result.exact = reading.exact;
    result.present = reading.present;
    result.wrong = reading.wrong;
    result.p = reading.p;
    result.z = reading.z;
    result.pilot_z = reading.pilot_z;
    result.ber = reading.ber;
    result.speed_ratio = reading.speed_ratio;
    result.pitch_ratio = reading.pitch_ratio;
    result.cpu_s = reading.cpu_s;
  }

  /// The row's chain with {random} drawn; {other} stays, as its path says nothing to a reader.
  std::string chain_of(const AttackRow& row, const Unit&, const Rng& rng) const {
    std::string chain = row.chain;
    const std::vector<std::string> drawn = draw_chains(options_.grid, row, rng);
    for (const std::string& one : drawn) {
      const std::size_t at = chain.find("{random}");
      if (at != std::string::npos) chain.replace(at, 8, one);
    }
    return chain;
  }

  std::string other_path(const std::string& chain, const Unit& unit, Rng rng) {
    if (chain.find("{other}") == std::string::npos) return "";
    const std::size_t n = options_.files.size();
    if (n < 2) {
      throw Error(ErrorCode::kInvalidArgument,
                  "evaluate: {other} needs another file, the material has one");
    }
    const std::size_t step = 1 + rng.below(static_cast<std::uint32_t>(n - 1));
    return excerpts_.path((unit.file + step) % n).string();
  }

  const StudyOptions& options_;
  ResultLog& log_;
  ExcerptFiles excerpts_;
  std::vector<std::unique_ptr<Scheme>> schemes_;
  std::vector<Unit> units_;
  Progress* progress_ = nullptr;
  std::mutex mutex_;
  std::vector<std::string> left_out_;
};

fs::path make_scratch() {
  std::string name = (fs::temp_directory_path() / "brandiron-evaluate-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::kOutput, name + ": cannot make a temporary folder");
  }
  return name;
}

}  // namespace

std::vector<std::string> run_watermark_study(const StudyOptions& options) {
  ResultLog log(options, header(options));
  const TemporaryPath scratch(make_scratch());
  return Study(options, log, scratch.path()).run();
}

}  // namespace brandiron::experiments
