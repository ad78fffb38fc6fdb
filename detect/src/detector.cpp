#include "brandiron/detect/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "detector_model.h"

namespace brandiron::detect {
namespace {

constexpr std::size_t kNumBandGroups = 4;
constexpr double kNarrowHz = 3500;
constexpr std::size_t kMostOccludedSegments = 24;

/// The segments of one recording that are not silent.
struct Segments {
  std::vector<double> start_s;
  std::vector<float> values;
  std::size_t silent = 0;
};

class NetworkDetector final : public Detector {
 public:
  explicit NetworkDetector(DetectorModel model) : model_(std::move(model)) {}

  Detection detect(const AudioBuffer& audio, double prior) const override;

 private:
  Segments cut(const LogMel& mel) const;
  void explain(const AudioBuffer& audio, const LogMel& mel, const Segments& segments,
               std::span<const float> logits, Detection& result) const;
  Evidence frequency_evidence(const Segments& segments, std::span<const float> logits) const;

  DetectorModel model_;
};

Segments NetworkDetector::cut(const LogMel& mel) const {
  const FeatureConfig& features = model_.features;
  Segments segments;
  std::vector<float> one(features.segment_size());
  for (const std::size_t start : segment_starts(mel.num_windows, features)) {
    if (!cut_segment(mel, start, features, one)) {
      ++segments.silent;
      continue;
    }
    segments.start_s.push_back(static_cast<double>(start) * features.hop_s());
    segments.values.insert(segments.values.end(), one.begin(), one.end());
  }
  return segments;
}

/// Which part of the spectrum the score hangs on: blank a quarter of the bands, score again.
Evidence NetworkDetector::frequency_evidence(const Segments& segments,
                                             std::span<const float> logits) const {
  const FeatureConfig& f = model_.features;
  const std::size_t size = f.segment_size(), group = f.num_mels / kNumBandGroups;
  const std::size_t total = logits.size();
  const std::size_t used = std::min(total, kMostOccludedSegments);
  double largest = -1e300;
  std::size_t where = 0;
  for (std::size_t g = 0; g < kNumBandGroups; ++g) {
    double drop = 0;
    std::vector<float> copy(size);
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t i = k * total / used;
      std::copy_n(segments.values.begin() + static_cast<std::ptrdiff_t>(i * size), size,
                  copy.begin());
      std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(g * group * f.segment_windows),
                  group * f.segment_windows, 0.0F);
      drop += logits[i] - model_.net.logits(copy)[0];
    }
    drop /= static_cast<double>(used);
    if (drop > largest) {
      largest = drop;
      where = g;
    }
  }
  const MelFilterbank bank(f.num_mels, f.window_samples, f.rate_hz, f.low_hz, f.high_hz);
  const double low = bank.centre_hz(where * group);
  const double high = bank.centre_hz(std::min((where + 1) * group, f.num_mels) - 1);
  const double llr = model_.calibration.track.slope * largest;
  return {"frequency-range", llr,
          llr > 0 ? fmt::format("Blanking {:.0f}-{:.0f} Hz would lower the log-likelihood ratio by "
                                "{:.1f}, more than any other quarter of the spectrum: most of what "
                                "speaks for synthesis lies there.",
                                low, high, llr)
                  : std::string("No quarter of the spectrum speaks for synthesis: blanking any of "
                                "them does not lower the score.")};
}

void NetworkDetector::explain(const AudioBuffer& audio, const LogMel& mel, const Segments& segments,
                              std::span<const float> logits, Detection& result) const {
  const Calibration& c = model_.calibration;
  const double llr = result.log_likelihood_ratio;
  result.evidence.push_back(
      {"spectral-network", llr,
       fmt::format(
           "The log-mel network finds this recording {} times more likely {} than {}, "
           "averaged over {} segments of {:.0f} s.",
           std::abs(llr) > 9.2 ? std::string("more than 10000")
                               : fmt::format("{:.3g}", std::exp(std::abs(llr))),
           llr >= 0 ? "synthetic" : "human", llr >= 0 ? "human" : "synthetic", logits.size(),
           static_cast<double>(model_.features.segment_windows) * model_.features.hop_s())});

  const auto leaning =
      std::count_if(logits.begin(), logits.end(), [&](float x) { return c.segment.apply(x) > 0; });
  result.evidence.push_back(
      {"segments", static_cast<double>(leaning) / static_cast<double>(logits.size()),
       fmt::format("{} of {} segments lean towards synthetic when judged alone.", leaning,
                   logits.size())});
  result.evidence.push_back(frequency_evidence(segments, logits));

  const auto above =
      c.human_llrs.end() - std::lower_bound(c.human_llrs.begin(), c.human_llrs.end(), llr);
  result.evidence.push_back(
      {"human-reference", static_cast<double>(above),
       fmt::format("{} of {} human recordings from sources unseen in training scored as high as "
                   "this one or higher.",
                   above, c.human_llrs.size())});

  const double bandwidth = bandwidth_hz(mel, model_.features);
  if (bandwidth < kNarrowHz) {
    result.evidence.push_back(
        {"narrow-band", bandwidth,
         fmt::format("The recording holds next to nothing above {:.0f} Hz, so part of what the "
                     "detector knows is missing; read the score with care.",
                     bandwidth)});
  }
  const double shortest =
      static_cast<double>(model_.features.segment_windows) * model_.features.hop_s();
  if (audio.duration_s() < 2 * shortest) {
    result.evidence.push_back(
        {"short", audio.duration_s(),
         fmt::format("Only {:.1f} s of audio: the error rates of the model card are for 20 s and "
                     "more.",
                     audio.duration_s())});
  }
  if (segments.silent > 0) {
    result.evidence.push_back(
        {"silence", static_cast<double>(segments.silent),
         fmt::format("{} segments are silent and were left out.", segments.silent)});
  }
  result.evidence.push_back({"scope", 0.0, model_.scope});
}

Detection NetworkDetector::detect(const AudioBuffer& audio, double prior) const {
  if (!(prior > 0 && prior < 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("detect: prior is {}, expected a number between 0 and 1", prior));
  }
  const auto begin = std::chrono::steady_clock::now();
  const LogMel mel = log_mel(audio, model_.features);
  const Segments segments = cut(mel);
  if (segments.start_s.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "detect: every segment is silent; there is nothing to judge");
  }
  const std::vector<float> logits = model_.net.logits(segments.values);
  const std::vector<double> wide(logits.begin(), logits.end());

  const Calibration& c = model_.calibration;
  const double prior_logit = logit(prior);
  Detection result;
  result.prior = prior;
  result.log_likelihood_ratio = c.track.apply(mean(wide));
  result.p_ai = sigmoid(result.log_likelihood_ratio + prior_logit);
  result.verdict = verdict_of(result.log_likelihood_ratio, c);
  // The decision hangs on the likelihood ratio, whose error rate was measured; the threshold is
  // only shown on the scale of the posterior asked for.
  result.threshold = {sigmoid(c.ai.llr + prior_logit), c.ai.rate, c.ai.n};
  const double length_s =
      static_cast<double>(model_.features.segment_windows) * model_.features.hop_s();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    result.segments.push_back({segments.start_s[i],
                               std::min(segments.start_s[i] + length_s, audio.duration_s()),
                               sigmoid(c.segment.apply(wide[i]) + prior_logit)});
  }
  explain(audio, mel, segments, logits, result);
  result.model_name = model_.name;
  result.model_version = model_.version;
  result.model_sha256 = model_.sha256;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace

std::unique_ptr<Detector> load_detector(const std::filesystem::path& weights) {
  const std::filesystem::path path =
      weights.empty() ? home_folder() / "models" / "weights" / "detector.safetensors" : weights;
  return std::make_unique<NetworkDetector>(DetectorModel::load(path));
}

}  // namespace brandiron::detect
