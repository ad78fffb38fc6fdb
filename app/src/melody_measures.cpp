#include "melody_measures.h"

#include <cmath>

#include "brandiron/core/rng.h"
#include "melody_ngrams.h"
#include "sequence_training.h"

namespace brandiron::app {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kResamples = 2000;
constexpr std::uint64_t kSeed = 20241129;

/// Cost of a tune.
struct TuneCost {
  double length_nats = 0, pitch_nats = 0, notes = 0;
  double nats() const { return length_nats + pitch_nats; }
};

std::vector<TuneCost> model_costs(const models::SequenceModel& model,
                                  const std::vector<CorpusTune>& tunes) {
  std::vector<TuneCost> costs;
  for (const CorpusTune& tune : tunes) {
    TuneCost cost;
    models::SequenceState state = model.start();
    for (const TuneStep& step : tune.steps) {
      model.step(state, step.inputs);
      const int earlier[] = {step.length};
      cost.length_nats -= static_cast<double>(
          model.log_probabilities(state, 0)[static_cast<std::size_t>(step.length)]);
      cost.pitch_nats -= static_cast<double>(
          model.log_probabilities(state, 1, earlier)[static_cast<std::size_t>(step.pitch)]);
      cost.notes += 1;
    }
    costs.push_back(cost);
  }
  return costs;
}

/// Perplexity of ours over theirs, tunes drawn again; `theirs`, nats a tune, empty: of ours alone.
ordered_json resampled(const std::vector<TuneCost>& ours, const std::vector<double>& theirs) {
  std::vector<SequenceNats> tunes;
  for (std::size_t t = 0; t < ours.size(); ++t) {
    tunes.push_back({ours[t].nats() - (theirs.empty() ? 0 : theirs[t]), ours[t].notes});
  }
  return resampled_perplexity(tunes, Rng(kSeed, "melody-measures/bootstrap"), kResamples);
}

double perplexity(const std::vector<TuneCost>& costs, double TuneCost::*member) {
  double nats = 0, notes = 0;
  for (const TuneCost& cost : costs) nats += cost.*member, notes += cost.notes;
  return std::exp(nats / notes);
}

}  // namespace

ordered_json measure_melody(const models::SequenceModel& model, const MelodyCorpus& corpus) {
  const std::vector<TuneCost> test = model_costs(model, corpus.test);
  const std::vector<TuneCost> validation = model_costs(model, corpus.validation);
  double notes = 0;
  for (const TuneCost& cost : test) notes += cost.notes;
  const ordered_json whole = resampled(test, {});
  ordered_json table = {{"tunes", test.size()},
                        {"notes", notes},
                        {"perplexity", whole["value"]},
                        {"interval", whole},
                        {"length_perplexity", perplexity(test, &TuneCost::length_nats)},
                        {"pitch_perplexity", perplexity(test, &TuneCost::pitch_nats)},
                        {"validation_perplexity", resampled(validation, {})["value"]}};
  const std::pair<const char*, NgramSight> kSights[] = {{"notes", NgramSight::kNotes},
                                                        {"conditions", NgramSight::kConditions},
                                                        {"memory", NgramSight::kMemory}};
  for (const auto& [name, sight] : kSights) {
    const NgramResult ngram = best_ngram(corpus, sight);
    double sum = 0;
    for (const double tune : ngram.test) sum += tune;
    table["ngrams"][name] = {{"perplexity", std::exp(sum / notes)},
                             {"validation_perplexity", ngram.validation_perplexity},
                             {"factors", ngram.factors},
                             {"contexts", ngram.contexts},
                             {"ratio", resampled(test, ngram.test)}};
  }
  return table;
}

}  // namespace brandiron::app
