#include <fmt/format.h>

#include <atomic>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/detect/detector.h"
#include "cli.h"

namespace brandiron::app {
namespace {

struct DetectArguments {
  std::vector<std::string> files;
  std::string model;
  double prior = 0.5;
  bool segments = false, exit_code = false;
};

std::string detection_text(const std::string& file, const detect::Detection& d, bool segments) {
  std::string text = fmt::format(
      "{}: {} (p {:.3f} under prior {:.2f}; threshold {:.3f}, at most {:.2g} false alarms, "
      "n {})",
      file, d.verdict, d.p_ai, d.prior, d.threshold.p_ai, d.threshold.fpr, d.threshold.n);
  for (const auto& e : d.evidence) text += "\n  " + e.text;
  if (!segments) return text;
  for (const auto& s : d.segments) {
    text += fmt::format("\n  {:7.1f} - {:7.1f} s  p {:.3f}", s.start_s, s.end_s, s.p_ai);
  }
  return text;
}

// What the library calls a bad argument is, seen from here, a bad file: say which.
detect::Detection judge(const detect::Detector& detector, const std::string& file, double prior) {
  const AudioBuffer audio = read_input(file);
  try {
    return detector.detect(audio, prior);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    throw Error(ErrorCode::kFormat, file + ": " + error.what());
  }
}

int run_detect(const DetectArguments& arguments, const Globals& globals) {
  const auto detector = detect::load_detector(arguments.model);
  std::atomic<bool> some_human{false};
  const int code = for_each_file(arguments.files, globals, "detect", [&](const std::string& file) {
    const auto detection = judge(*detector, file, arguments.prior);
    if (detection.verdict != "ai") some_human = true;
    return globals.json ? detect::detection_json(file, detection)
                        : detection_text(file, detection, arguments.segments);
  });
  return code == 0 && arguments.exit_code && some_human ? 1 : code;
}

}  // namespace

void add_detect(Cli& cli) {
  auto a = std::make_shared<DetectArguments>();
  CLI::App* sub = cli.verb(
      cli.app, "detect", "how likely is it that these files are synthetic",
      {"brandiron detect song.flac --segments", "brandiron detect *.mp3 --json --prior 0.44"},
      [&cli, a] { return run_detect(*a, cli.globals); });
  sub->add_option("FILES", a->files, "audio files")->required();
  sub->add_option("--model", a->model, "weights (default: models/weights/detector.safetensors)");
  sub->add_option("--prior", a->prior, "share of synthetic music you expect")
      ->check(CLI::Range(1e-6, 1.0 - 1e-6))
      ->envname("BRANDIRON_PRIOR");
  sub->add_flag("--segments", a->segments, "the score of each segment");
  sub->add_flag("--exit-code", a->exit_code, "exit 1 when some verdict is not ai");
}

}  // namespace brandiron::app
