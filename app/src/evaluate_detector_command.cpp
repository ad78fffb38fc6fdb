#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/detector_study.h"
#include "brandiron/watermark/watermark.h"
#include "cli.h"
#ifdef BRANDIRON_HAS_DETECT
#include "detectors_under_test.h"
#endif

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using namespace experiments;

constexpr int kSomeFailed = 4;

struct Arguments {
  std::vector<std::string> manifests, commands, scripts, weights, scores;
  std::string out, grid = "detector", onnx, cache;
  std::vector<std::string> splits;
  std::optional<double> prevalence, excerpt_s;
  std::optional<std::size_t> most, most_source;
  int rate_hz = 44100;
  bool no_built_in = false, resume = false, tables_only = false;
};

struct Named {
  std::string name, value;
};

/// "name=file", or "file", which its stem names.
Named parse_named(const std::string& text) {
  const std::size_t equals = text.find('=');
  const bool named = equals != std::string::npos && equals > 0 && text.find('/') > equals;
  if (named) return {text.substr(0, equals), text.substr(equals + 1)};
  return {fs::path(text).stem().string(), text};
}

void read_grid(const Arguments& a, const Globals& globals, DetectorStudyOptions& options) {
  options.grid = read_detector_grid(globals.config.empty() ? a.grid : globals.config, globals.set);
  if (a.prevalence) options.grid.prevalence = *a.prevalence;
  if (a.excerpt_s) {
    options.grid.excerpt_s = *a.excerpt_s;
    options.grid.config_json += fmt::format(" excerpt_s={}", *a.excerpt_s);
  }
  if (!a.splits.empty()) options.grid.selection.splits = a.splits;
  if (a.most) options.grid.selection.most = *a.most;
  if (a.most_source) options.grid.selection.most_source = *a.most_source;
}

void read_clips(const Arguments& a, DetectorStudyOptions& options) {
  options.clips =
      select_clips(read_detector_material(a.manifests), options.grid.selection, options.seed);
  for (const char* label : {"ai", "human"}) {
    const bool there = std::any_of(options.clips.begin(), options.clips.end(),
                                   [&](const DetectorClip& c) { return c.label == label; });
    if (!there) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("evaluate detector: no recording of label {} among the material, "
                              "expected ai and human; name another manifest or split",
                              label));
    }
  }
}

void add_detectors(const Arguments& a, const Globals& globals, DetectorStudyOptions& options) {
  if (!a.onnx.empty()) {
    throw Error(ErrorCode::kUnsupported,
                a.onnx +
                    ": this build has no ONNX Runtime (Debian 12 packages none); run it in a "
                    "script of yours with --detector \"python3 score.py {filelist}\"");
  }
#ifdef BRANDIRON_HAS_DETECT
  const bool places = std::any_of(options.clips.begin(), options.clips.end(),
                                  [](const DetectorClip& c) { return !c.spans.empty(); });
  const auto add_built_in = [&](const std::string& name, const std::string& weights) {
    options.detectors.push_back(built_in_detector(name, weights, places, globals.jobs));
  };
  if (!a.no_built_in) add_built_in("brandiron", "");
  for (const std::string& text : a.weights) {
    const Named named = parse_named(text);
    add_built_in(named.name, named.value);
  }
  for (const std::string& text : a.scripts) {
    const Named named = parse_named(text);
    options.detectors.push_back(
        torch_script_detector(named.name, named.value, a.rate_hz, globals.jobs));
  }
#else
  (void)globals;
  if (!a.weights.empty() || !a.scripts.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "evaluate detector: this build has no LibTorch; use --detector or --scores");
  }
#endif
  for (const std::string& text : a.commands) {
    options.detectors.push_back(make_command_detector(text, options.grid.timeout_s));
  }
  for (const std::string& text : a.scores) {
    const Named named = parse_named(text);
    options.score_files.push_back({named.name, named.value});
  }
}

DetectorStudyOptions prepare(const Arguments& a, const Globals& globals) {
  DetectorStudyOptions options;
  options.folder = a.out;
  options.cache = a.cache;
  options.seed = globals.seed.value_or(1);
  options.jobs = globals.jobs;
  options.resume = a.resume;
  options.overwrite = globals.overwrite;
  read_grid(a, globals, options);
  read_clips(a, options);
  // Published: what a mark does to a detector is no secret, and the key protects nothing.
  options.marker = watermark::make_marker(watermark::Key::demo());
  if (!a.tables_only) add_detectors(a, globals, options);
  return options;
}

std::string plan_text(const DetectorStudyOptions& options) {
  std::size_t heard = 0;
  for (const DetectorClip& c : options.clips) heard += c.label == "voice" ? 0 : 1;
  const double gigabytes = static_cast<double>(heard * (1 + options.grid.rows.size())) *
                           options.grid.excerpt_s * options.grid.rate_hz * options.grid.channels *
                           2 / 1e9;
  std::string text = fmt::format("{} recordings x {} rows x {} detectors; copies {:.1f} GB", heard,
                                 1 + options.grid.rows.size(), options.detectors.size(), gigabytes);
  for (const std::string& row : options.grid.left_out) text += "\nleft out: " + row;
  return text;
}

int evaluate_detector(const Arguments& a, const Globals& globals) {
  const DetectorStudyOptions options = prepare(a, globals);
  if (globals.dry_run) {
    print_line(plan_text(options));
    return 0;
  }
  std::vector<std::string> left_out;
  if (!a.tables_only) left_out = run_detector_study(options);
  DetectorResults results = read_detector_results(a.out);
  check_same_study(options, results);
  const auto notes = add_reference_scores(options, results);
  DetectorSummary summary = summarise_detectors(options, results);
  summary.notes.insert(summary.notes.end(), notes.begin(), notes.end());
  for (const std::string& line : left_out) summary.notes.push_back("left out: " + line);
  const fs::path folder = a.out;
  write_file(folder / "scores.csv", detector_scores_csv(options, results), true);
  write_file(folder / "segments.csv", detector_segments_csv(results), true);
  write_file(folder / "metrics.json", detector_json(summary) + "\n", true);
  write_file(folder / "tables.txt", detector_text(summary) + "\n", true);
  write_file(folder / "report.html", detector_page(options, summary, results), true);
  print_line(globals.json ? detector_json(summary) : detector_text(summary));
  if (left_out.empty()) return 0;
  fmt::print(stderr, "brandiron: {} left out:\n", left_out.size());
  for (const std::string& line : left_out) fmt::print(stderr, "  {}\n", line);
  return kSomeFailed;
}

}  // namespace

void add_evaluate_detector(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "detector",
      "detectors of synthetic music, heard blind, beside two references of known behaviour",
      {"brandiron evaluate detector tracks.jsonl --grid detector-debug -o out/detectors",
       "brandiron evaluate detector tracks.jsonl --grid detector-debug --no-builtin --detector "
       "\"mine=python3 score.py {filelist}\" --json -o out/mine"},
      [&cli, a] { return evaluate_detector(*a, cli.globals); });
  sub->add_option("MANIFESTS", a->manifests, "manifest.jsonl, or manifest.tsv of recordings")
      ->required();
  sub->add_option("-o,--out", a->out, "folder of records, tables and the page")->required();
  sub->add_option("--grid", a->grid, "detector, detector-debug or a TOML file (also --config)");
  sub->add_option("--detector", a->commands,
                  "\"[name=]command {filelist}\": one score a line on standard output, in order")
      ->allow_extra_args(false);
  sub->add_option("--torchscript", a->scripts, "[name=]FILE: float[1,N] -> logit")
      ->allow_extra_args(false);
  sub->add_option("--rate", a->rate_hz, "sample rate that --torchscript expects")
      ->check(CLI::Range(1000, 192000));
  sub->add_option("--onnx", a->onnx, "not in this build: says what to do instead");
  sub->add_option("--scores", a->scores, "[name=]FILE.csv with columns id, score[, row, p]")
      ->allow_extra_args(false);
  sub->add_option("--weights", a->weights, "[name=]FILE: our detector with other weights")
      ->allow_extra_args(false);
  sub->add_flag("--no-builtin", a->no_built_in, "without our detector as it is shipped");
  sub->add_option("--prevalence", a->prevalence, "share of ai among deliveries, for precision")
      ->check(CLI::Range(1e-6, 1 - 1e-6));
  sub->add_option("--excerpt-s", a->excerpt_s, "seconds from the middle of a recording")
      ->check(CLI::Range(1.0, 3600.0));
  sub->add_option("--split", a->splits, "manifest lines of these splits only")->delimiter(',');
  sub->add_option("--most", a->most, "recordings of a label, sources taking turns; 0: all");
  sub->add_option("--most-source", a->most_source, "recordings of a source; 0: all");
  sub->add_option("--cache", a->cache, "folder that keeps attacked copies by hash, for later runs");
  sub->add_flag("--resume", a->resume, "go on; further detectors may join");
  sub->add_flag("--tables-only", a->tables_only, "tables and page of what the folder holds");
}

}  // namespace brandiron::app
