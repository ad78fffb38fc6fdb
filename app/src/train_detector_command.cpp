#include <fmt/format.h>

#include "brandiron/core/config.h"
#include "brandiron/detect/training.h"
#include "brandiron/watermark/watermark.h"
#include "cli.h"
#include "training_run.h"

namespace brandiron::app {

void add_train_detector(Cli& cli, CLI::App& train) {
  struct Arguments {
    std::string out = "out/train-detector", mark_key = "demo";
    bool resume = false, no_mark = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      train, "detector", "train, calibrate and evaluate the detector of synthetic music",
      {"brandiron train detector --config configs/train/detector.toml -o out/train-detector",
       "brandiron train detector --config configs/train/detector.toml --resume -o "
       "out/train-detector"},
      [&cli, a] {
        const Globals& globals = cli.globals;
        const Config config = training_config(globals, "configs/train/detector.toml");
        // Half of each class carries a mark. The detector gets marked audio, never the key.
        const auto marker = watermark::make_marker(
            a->mark_key == "demo" ? watermark::Key::demo() : watermark::Key::read(a->mark_key));
        detect::TrainDetectorOptions options;
        options.out = a->out;
        options.device = globals.device;
        options.jobs = globals.jobs;
        options.resume = a->resume;
        options.overwrite = globals.overwrite;
        options.marker = a->no_mark ? nullptr : marker.get();
        const auto report = detect::train_detector(config, options);
        print_line(report.summary);
        print_line(fmt::format("weights {}\nmetrics {}\nscores {}\ncard {}",
                               report.weights.string(), report.metrics.string(),
                               report.scores.string(), report.card.string()));
        return 0;
      });
  sub->add_option("-o,--out", a->out, "run folder: cache, checkpoints, results");
  sub->add_option("--mark-key", a->mark_key, "key that marks half of each class (default: demo)");
  sub->add_flag("--resume", a->resume, "go on from the last checkpoint of the run folder");
  sub->add_flag("--no-mark", a->no_mark, "mark nothing (an ablation; the card says so)");
}

}  // namespace brandiron::app
