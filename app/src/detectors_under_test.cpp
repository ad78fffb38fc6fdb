#include "detectors_under_test.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <functional>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/thread_clock.h"
#include "brandiron/detect/detector.h"
#include "brandiron/models/torch_script.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using namespace experiments;

/// Scores files on `jobs` threads, each for itself: what one file does to a detector stays there.
Hearing hear_each(const std::vector<fs::path>& files, int jobs,
                  const std::function<HeardScore(const AudioBuffer&)>& score) {
  Hearing hearing;
  hearing.scores.resize(files.size());
  std::vector<double> cpu_s(files.size(), 0.0);
  const auto start = std::chrono::steady_clock::now();
  parallel_for(files.size(), jobs, [&](std::size_t i) {
    const double before = thread_cpu_s();
    HeardScore& heard = hearing.scores[i];
    try {
      heard = score(read_audio(files[i]));
      if (!std::isfinite(heard.score)) heard.error = "no score: not a finite number";
    } catch (const Error& error) {
      heard.error = error.what();
    }
    cpu_s[i] = thread_cpu_s() - before;
  });
  hearing.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const double s : cpu_s) hearing.cpu_s += s;
  return hearing;
}

class BuiltIn final : public StudiedDetector {
 public:
  BuiltIn(std::string name, const std::string& weights, bool places, int jobs)
      : name_(std::move(name)),
        identity_(sha256_hex(read_file(weights.empty()
                                           ? home_folder() / "models/weights/detector.safetensors"
                                           : fs::path(weights))) +
                  (places ? " places" : "")),
        detector_(detect::load_detector(weights, {.fine = places})),
        jobs_(jobs) {}

  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }

  Hearing hear(const std::vector<fs::path>& files) const override {
    return hear_each(files, jobs_, [&](const AudioBuffer& audio) {
      const detect::Detection detection = detector_->detect(audio);
      HeardScore heard;
      heard.score = detection.log_likelihood_ratio;
      heard.p = detection.p_ai;
      for (const auto& s : detection.curve.empty() ? detection.segments : detection.curve) {
        heard.segments.push_back({s.start_s, s.end_s, s.p_ai});
      }
      return heard;
    });
  }

 private:
  std::string name_, identity_;
  std::unique_ptr<detect::Detector> detector_;
  int jobs_;
};

class TorchScript final : public StudiedDetector {
 public:
  TorchScript(std::string name, const std::string& file, int rate_hz, int jobs)
      : name_(std::move(name)),
        identity_(fmt::format("{} at {} Hz", sha256_hex(read_file(file)), rate_hz)),
        scorer_(file),
        rate_hz_(rate_hz),
        jobs_(jobs) {}

  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }

  Hearing hear(const std::vector<fs::path>& files) const override {
    return hear_each(files, jobs_, [&](const AudioBuffer& audio) {
      const AudioBuffer mono = resample(audio.to_mono(), rate_hz_);
      HeardScore heard;
      heard.score = scorer_.score(mono.channel(0));
      heard.p = 1 / (1 + std::exp(-heard.score));
      return heard;
    });
  }

 private:
  std::string name_, identity_;
  models::TorchScriptScorer scorer_;
  int rate_hz_, jobs_;
};

}  // namespace

std::shared_ptr<const StudiedDetector> built_in_detector(const std::string& name,
                                                         const std::string& weights, bool places,
                                                         int jobs) {
  return std::make_shared<BuiltIn>(name, weights, places, jobs);
}

std::shared_ptr<const StudiedDetector> torch_script_detector(const std::string& name,
                                                             const std::string& file, int rate_hz,
                                                             int jobs) {
  return std::make_shared<TorchScript>(name, file, rate_hz, jobs);
}

}  // namespace brandiron::app
