#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <mutex>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/detect/detector.h"
#include "cli.h"
#ifdef BRANDIRON_HAS_DETECT_PAGE
#include "detect_report.h"
#endif

namespace brandiron::app {
namespace {

struct DetectArguments {
  std::vector<std::string> files;
  std::string model, report;
  double prior = 0.5;
  int windows = 0;
  bool segments = false, spans = false, no_comb = false, exit_code = false;
};

/// How much audio was judged in how much time, over all threads.
struct Throughput {
  std::mutex mutex;
  double audio_s = 0, work_s = 0;
};

std::string detection_text(const std::string& file, const detect::Detection& d, bool segments) {
  std::string text = fmt::format(
      "{}: {} (p {:.3f} under prior {:.2f}; threshold {:.3f}, at most {:.2g} false alarms, "
      "n {})\n  {}",
      file, d.verdict, d.p_ai, d.prior, d.threshold.p_ai, d.threshold.fpr, d.threshold.n,
      d.explanation);
  for (const auto& e : d.evidence) text += "\n  - " + e.text;
  for (const auto& s : d.spans) {
    text += fmt::format("\n  synthetic {:7.1f} - {:7.1f} s  p {:.3f}", s.start_s, s.end_s, s.p_ai);
  }
  if (!segments) return text;
  for (const auto& s : d.segments) {
    text += fmt::format("\n  {:7.1f} - {:7.1f} s  p {:.3f}", s.start_s, s.end_s, s.p_ai);
  }
  return text;
}

// What the library calls a bad argument is, seen from here, a bad file: say which.
detect::Detection judge(const detect::Detector& detector, const std::string& file,
                        const AudioBuffer& audio, double prior) {
  try {
    return detector.detect(audio, prior);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    throw Error(ErrorCode::kFormat, file + ": " + error.what());
  }
}

void check_report(const DetectArguments& a, const Globals& globals) {
  if (a.report.empty()) return;
#ifndef BRANDIRON_HAS_DETECT_PAGE
  throw Error(ErrorCode::kUnsupported, "detect: this brandiron was built without --report");
#endif
  if (a.files.size() != 1) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("detect: --report is a page about one file, found {} files", a.files.size()));
  }
  if (std::filesystem::exists(a.report) && !globals.overwrite) {
    throw Error(ErrorCode::kOutput, a.report + ": exists; give --overwrite");
  }
}

void write_report(const DetectArguments& a, const Globals& globals, const AudioBuffer& audio,
                  const detect::Detection& d) {
#ifdef BRANDIRON_HAS_DETECT_PAGE
  write_file(a.report, detection_page(a.files[0], audio, d), globals.overwrite);
#else
  (void)a, (void)globals, (void)audio, (void)d;
#endif
}

int run_detect(const DetectArguments& arguments, const Globals& globals) {
  check_report(arguments, globals);
  detect::DetectorOptions options;
  options.comb = !arguments.no_comb;
  options.windows = arguments.windows;
  options.fine = arguments.spans || arguments.segments || !arguments.report.empty();
  const auto detector = detect::load_detector(arguments.model, options);
  std::atomic<bool> some_human{false};
  Throughput throughput;
  const int code = for_each_file(arguments.files, globals, "detect", [&](const std::string& file) {
    const AudioBuffer audio = read_input(file);
    const auto detection = judge(*detector, file, audio, arguments.prior);
    if (detection.verdict != "ai") some_human = true;
    if (!arguments.report.empty()) write_report(arguments, globals, audio, detection);
    const std::lock_guard lock(throughput.mutex);
    throughput.audio_s += audio.duration_s();
    throughput.work_s += detection.seconds;
    return globals.json ? detect::detection_json(file, detection)
                        : detection_text(file, detection, arguments.segments);
  });
  if (!globals.quiet && throughput.work_s > 0) {
    log_info(
        fmt::format("detect: {:.0f} s of audio in {:.2f} s of work, {:.0f} times real time a "
                    "core (reading files not counted)",
                    throughput.audio_s, throughput.work_s, throughput.audio_s / throughput.work_s));
  }
  return code == 0 && arguments.exit_code && some_human ? 1 : code;
}

}  // namespace

void add_detect(Cli& cli) {
  auto a = std::make_shared<DetectArguments>();
  CLI::App* sub = cli.verb(
      cli.app, "detect", "how likely is it that these files are synthetic",
      {"brandiron detect song.flac --segments", "brandiron detect *.mp3 --json --prior 0.44"},
      [&cli, a] { return run_detect(*a, cli.globals); });
  sub->add_option("FILES", a->files, "audio files; - reads standard input")->required();
  sub->add_option("--model", a->model, "weights (default: models/weights/detector.safetensors)");
  sub->add_option("--prior", a->prior, "share of synthetic music you expect")
      ->check(CLI::Range(1e-6, 1.0 - 1e-6))
      ->envname("BRANDIRON_PRIOR");
  sub->add_option("--windows", a->windows,
                  "look at so many windows of 10 s only, evenly spread (0: at everything)")
      ->check(CLI::Range(0, 1000));
  sub->add_option("--report", a->report, "one page about one file: spectrogram, curve, evidence");
  sub->add_flag("--segments", a->segments, "the score of each segment and each second");
  sub->add_flag("--spans", a->spans, "the stretches that sound synthetic");
  sub->add_flag("--no-comb", a->no_comb, "do not look for combs of lines (see the model card)");
  sub->add_flag("--exit-code", a->exit_code, "exit 1 when some verdict is not ai");
}

}  // namespace brandiron::app
