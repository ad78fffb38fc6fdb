#include "brandiron/detect/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "detector_model.h"
#include "explain.h"
#include "spans.h"

namespace brandiron::detect {
namespace {

constexpr double kWindowS = 10;

/// What was heard of a recording: pieces, and where each begins.
struct Piece {
  double start_s = 0;
  AudioBuffer audio;
};

class NetworkDetector final : public Detector {
 public:
  NetworkDetector(DetectorModel model, const DetectorOptions& options)
      : model_(std::move(model)), options_(options) {}

  Detection detect(const AudioBuffer& audio, double prior) const override;

 private:
  std::vector<Piece> pieces(const AudioBuffer& audio) const;
  void fill(const Findings& findings, double duration_s, Detection& result) const;

  DetectorModel model_;
  DetectorOptions options_;
};

std::vector<Piece> NetworkDetector::pieces(const AudioBuffer& audio) const {
  std::vector<Piece> list;
  const auto count = static_cast<std::size_t>(options_.windows);
  const auto length = static_cast<std::size_t>(kWindowS * audio.rate_hz());
  if (audio.num_frames() <= count * length) {
    list.push_back({0, audio});
    return list;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t start = (audio.num_frames() - length) * (2 * i + 1) / (2 * count);
    list.push_back({static_cast<double>(start) / audio.rate_hz(), audio.slice(start, length)});
  }
  return list;
}

/// Puts the windows of a recording one after another, at one level, as if they were all of it.
AudioBuffer join(const std::vector<Piece>& pieces) {
  std::size_t frames = 0;
  for (const Piece& piece : pieces) frames += piece.audio.num_frames();
  AudioBuffer joined(pieces[0].audio.num_channels(), frames, pieces[0].audio.rate_hz());
  std::size_t at = 0;
  for (const Piece& piece : pieces) {
    joined.add(piece.audio, at);
    at += piece.audio.num_frames();
  }
  return joined;
}

/// Times on the joined windows as times in the recording.
double time_in_recording(double joined_s, const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    const double length_s = piece.audio.duration_s();
    if (joined_s < length_s || &piece == &pieces.back()) return piece.start_s + joined_s;
    joined_s -= length_s;
  }
  return joined_s;
}

void NetworkDetector::fill(const Findings& f, double duration_s, Detection& result) const {
  const Calibration& c = model_.calibration(options_.comb);
  const double prior_logit = logit(result.prior);
  result.log_likelihood_ratio = f.judgement.llr;
  result.p_ai = sigmoid(f.judgement.llr + prior_logit);
  result.verdict = verdict_of(f.judgement, c);
  // The decision hangs on the likelihood ratio, whose error rate was measured; the threshold is
  // only shown on the scale of the posterior asked for.
  result.threshold = {sigmoid(c.ai.llr + prior_logit), c.ai.rate, c.ai.n};
  result.p_resynthesised = c.resynthesis.empty() ? 0 : sigmoid(f.judgement.resynthesised);
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    result.families[kFamilies[i]] = f.branches.families[i];
  }
  result.p_vocals_ai = answer(f.network.outputs, kVocals)[1];
  result.p_instrumental_ai = answer(f.network.outputs, kInstrumental)[1];
  result.novelty = std::exp(f.judgement.novelty);
  const double length_s = model_.features.segment_s();
  for (std::size_t i = 0; i < f.network.segment_start_s.size(); ++i) {
    const double start_s = f.network.segment_start_s[i];
    result.segments.push_back(
        {start_s, std::min(start_s + length_s, duration_s),
         sigmoid(c.segment.apply(f.network.segment_synthetic[i]) + prior_logit)});
  }
  if (!options_.fine) return;
  result.curve = curve_of(f.network.steps, duration_s, c.segment, prior_logit);
  result.spans = spans_of(f.network.steps, duration_s, c.segment, prior_logit);
}

Detection NetworkDetector::detect(const AudioBuffer& audio, double prior) const {
  if (!(prior > 0 && prior < 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("detect: prior is {}, expected a number between 0 and 1", prior));
  }
  const auto begin = std::chrono::steady_clock::now();
  const FeatureConfig& config = model_.features;
  Findings findings;
  Detection result;
  result.prior = prior;
  std::vector<Piece> heard;
  AudioBuffer canonical;
  if (options_.windows > 0) {
    heard = pieces(audio);
    canonical = canonical_audio(join(heard), config);
  } else {
    canonical = canonical_audio(audio, config);
  }
  findings.features = features_of_canonical(canonical, config, options_.comb);
  findings.network = run_network(model_.net, findings.features.mel, config,
                                 options_.fine ? config.fine_hop_windows : config.segment_windows);
  findings.branches = run_branches(findings.network, findings.features, model_.forms);
  findings.judgement = judge(findings.branches, model_.calibration(options_.comb), options_.comb);
  result.heard_s = canonical.duration_s();
  fill(findings, result.heard_s, result);
  explain(findings, model_, options_, result);
  if (heard.size() > 1) {
    for (DetectSegment& s : result.segments) {
      const double length_s = s.end_s - s.start_s;
      s.start_s = time_in_recording(s.start_s, heard);
      s.end_s = std::min(s.start_s + length_s, audio.duration_s());
    }
  }
  result.model_name = model_.name;
  result.model_version = model_.version;
  result.model_sha256 = model_.sha256;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace

std::unique_ptr<Detector> load_detector(const std::filesystem::path& weights,
                                        const DetectorOptions& options) {
  if (options.windows < 0 || options.windows > 1000 || (options.windows > 0 && options.fine)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("detect: windows is {}; expected 0-1000, and 0 where the place of what "
                            "is found matters",
                            options.windows));
  }
  const std::filesystem::path path =
      weights.empty() ? home_folder() / "models" / "weights" / "detector.safetensors" : weights;
  return std::make_unique<NetworkDetector>(DetectorModel::load(path), options);
}

}  // namespace brandiron::detect
