#include "explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace brandiron::detect {
namespace {

constexpr double kNarrowHz = 3500;
constexpr double kFairS = 12;        // under this the card's error rates do not hold
constexpr double kCombStrength = 6;  // deviations: about one human recording in a hundred
constexpr double kCombMargin = 1.5;
constexpr double kLineStrength = 11.5;  // likewise
constexpr double kClearFamily = 0.6;

std::string times(double llr) {
  return std::abs(llr) > 9.2 ? std::string("more than 10000")
                             : fmt::format("{:.3g}", std::exp(std::abs(llr)));
}

std::string leaning(double llr) {
  return llr >= 0 ? "more likely synthetic than human" : "more likely human than synthetic";
}

void add_branches(const Findings& f, const Calibration& c, bool comb, Detection& d) {
  const std::vector<double> row = fusion_row(f.branches, comb, c.novelty.llr);
  const std::vector<std::pair<std::string, std::string>> names = {
      {"spectral-network", "The log-mel network"},
      {"novelty-share", "The distance from known human music"},
      {"comb-share", "The search for combs at any speed"},
      {"lines-share", "The search for lines where strides leave them"}};
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i >= 2 && !comb) continue;
    // A linear fusion: each branch's share of the log likelihood ratio.
    const double share =
        c.track.slope * c.fusion.weights[i] * (row[i] - c.fusion.mean[i]) / c.fusion.deviation[i];
    d.evidence.push_back(
        {names[i].first,
         share,
         fmt::format("{} adds {:+.2f} to the log likelihood ratio.", names[i].second, share),
         {{"score", row[i]}}});
  }
}

void add_comb(const Findings& f, Detection& d) {
  const CombMatch& m = f.branches.comb_match;
  const bool found = m.strength >= kCombStrength && m.margin >= kCombMargin;
  d.evidence.push_back(
      {"spectral-comb",
       m.strength,
       found ? fmt::format("Lines stand {:.2f} dB over their surroundings at multiples of {:.1f} "
                           "Hz, as a decoder leaves that upsamples in steps; they fit a speed of "
                           "{:.3f}.",
                           m.excess_db, f.branches.comb_spacing_hz, m.speed)
             : fmt::format("No comb of lines stands out (the strongest of the known spacings: "
                           "{:.1f} deviations).",
                           m.strength),
       {{"spacing_hz", f.branches.comb_spacing_hz},
        {"strength_db", m.excess_db},
        {"speed", m.speed},
        {"margin", m.margin}}});
}

void add_lines(const Findings& f, Detection& d) {
  const LineMatch& m = f.branches.line_match;
  d.evidence.push_back(
      {"stride-lines",
       m.strength,
       m.strength >= kLineStrength
           ? fmt::format("Lines stand within a hertz of multiples of {:.2f} Hz, where a decoder's "
                         "strides leave them ({:.1f} deviations; people's music hardly reaches "
                         "{:.0f}).",
                         m.spacing_hz, m.strength, kLineStrength)
           : fmt::format("No lines stand at the very places where known strides leave them (the "
                         "strongest: {:.1f} deviations).",
                         m.strength),
       {{"spacing_hz", m.spacing_hz}}});
}

void add_network(const Findings& f, Detection& d) {
  const auto count = std::count_if(d.segments.begin(), d.segments.end(),
                                   [](const DetectSegment& s) { return s.p_ai > 0.5; });
  d.evidence.push_back({"segments",
                        static_cast<double>(count) / static_cast<double>(d.segments.size()),
                        fmt::format("{} of {} segments lean towards synthetic when judged alone.",
                                    count, d.segments.size())});
  if (f.network.silent > 0) {
    d.evidence.push_back(
        {"silence", static_cast<double>(f.network.silent),
         fmt::format("{} segments are silent and were left out.", f.network.silent)});
  }
}

void add_reference(const Findings& f, const Calibration& c, Detection& d) {
  const double llr = f.judgement.llr;
  const auto above =
      c.human_llrs.end() - std::lower_bound(c.human_llrs.begin(), c.human_llrs.end(), llr);
  d.evidence.push_back(
      {"human-reference", static_cast<double>(above),
       fmt::format("{} of {} human recordings from sources unseen in training scored as high as "
                   "this one or higher.",
                   above, c.human_llrs.size())});
  if (f.judgement.novelty >= c.novelty.llr) {
    d.evidence.push_back(
        {"novelty", d.novelty,
         fmt::format("It is unlike the human music that the detector knows ({:.1f} times the usual "
                     "distance), so it is not called human.",
                     d.novelty)});
  }
}

void add_origin(const Findings& f, const Calibration& c, Detection& d) {
  if (f.judgement.llr < 0) return;
  const auto family = std::max_element(d.families.begin(), d.families.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
  if (family->second >= kClearFamily && family->first != "none") {
    d.evidence.push_back({"decoder-family", family->second,
                          fmt::format("Of the decoder families that it knows, {} fits best (share "
                                      "{:.2f}).",
                                      family->first, family->second)});
  }
  if (f.judgement.resynthesised >= c.resynthesised.llr && !c.resynthesis.empty()) {
    d.evidence.push_back(
        {"resynthesised", d.p_resynthesised,
         fmt::format("It may be a human recording that went through a neural decoder (share "
                     "{:.2f}): the sound would be synthetic and the music not, so it is not called "
                     "ai.",
                     d.p_resynthesised)});
  }
}

void add_limits(const Findings& f, const FeatureConfig& features, Detection& d) {
  const double bandwidth = bandwidth_hz(f.features.mel, features);
  if (bandwidth < kNarrowHz) {
    d.evidence.push_back(
        {"narrow-band", bandwidth,
         fmt::format("The recording holds next to nothing above {:.0f} Hz, so part of what the "
                     "detector knows is missing; read the score with care.",
                     bandwidth)});
  }
  if (d.heard_s < kFairS) {
    d.evidence.push_back(
        {"short", d.heard_s,
         fmt::format("Only {:.1f} s of audio: the error rates of the model card are for 20 s and "
                     "more.",
                     d.heard_s)});
  }
}

std::string verdict_sentence(const Findings& f, const Calibration& c, const Detection& d) {
  if (d.verdict == "ai") {
    return fmt::format(
        "Called ai: of {} human recordings that it had never met, at most {:.1f} % "
        "score this high.",
        d.threshold.n, 100 * d.threshold.fpr);
  }
  if (d.verdict == "human") {
    return fmt::format(
        "Called human: of {} synthetic recordings from unseen sources, at most "
        "{:.1f} % score this low; a generator that it never met may.",
        c.human.n, 100 * c.human.rate);
  }
  if (f.judgement.llr >= c.ai.llr) {
    return "Undecided: the sound is synthetic, but it may be a human recording that went through a "
           "neural decoder.";
  }
  if (f.judgement.llr <= c.human.llr) {
    return "Undecided: nothing speaks for synthesis, but it is unlike the human music that the "
           "detector knows.";
  }
  return "Undecided: the score lies where human and synthetic recordings were both found.";
}

}  // namespace

void explain(const Findings& f, const DetectorModel& model, const DetectorOptions& options,
             Detection& d) {
  const Calibration& c = model.calibration(options.comb);
  add_branches(f, c, options.comb, d);
  if (options.comb && !f.features.comb.empty()) {
    add_comb(f, d);
    add_lines(f, d);
  }
  add_network(f, d);
  add_origin(f, c, d);
  add_reference(f, c, d);
  add_limits(f, model.features, d);
  d.evidence.push_back({"scope", 0.0, model.scope});
  d.explanation =
      fmt::format("{} This recording is {} times {}. It is a likelihood and no proof.",
                  verdict_sentence(f, c, d), times(f.judgement.llr), leaning(f.judgement.llr));
  if (!d.spans.empty()) {
    double total = 0;
    for (const SyntheticSpan& s : d.spans) total += s.end_s - s.start_s;
    d.explanation += fmt::format(" {:.0f} of its {:.0f} s sound synthetic, in {} stretch{}.", total,
                                 d.heard_s, d.spans.size(), d.spans.size() == 1 ? "" : "es");
  }
}

}  // namespace brandiron::detect
