#include "lyric_measures.h"

#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "brandiron/core/rng.h"
#include "brandiron/models/witten_bell.h"
#include "sequence_training.h"

namespace brandiron::app {
namespace {

using gen::LyricInput;
using gen::LyricLanguage;
using gen::LyricStep;
using nlohmann::ordered_json;

enum Kind : std::size_t { kRhymeWord, kOtherWord, kUnknownWord, kBoundary, kKinds };
constexpr std::array<const char*, kKinds> kKindNames = {"line_ends", "other_words", "unknown_words",
                                                        "boundaries"};
constexpr std::size_t kResamples = 1000;

int input(const LyricStep& step, LyricInput which) {
  return step.inputs[static_cast<std::size_t>(which)];
}

bool starts_line(const LyricStep& step) {
  return input(step, LyricInput::kWord) <= LyricLanguage::kLine;
}

Kind kind_of(const LyricStep& step) {
  if (step.target <= LyricLanguage::kLine) return kBoundary;
  if (step.target == LyricLanguage::kUnknown) return kUnknownWord;
  return starts_line(step) ? kRhymeWord : kOtherWord;
}

/// -ln P and number of tokens of a poem, by kind.
struct PoemCost {
  std::array<double, kKinds> nats{}, tokens{};

  void add(const LyricStep& step, double log_p) {
    nats[kind_of(step)] -= log_p;
    tokens[kind_of(step)] += 1;
  }
};

double sum(const std::array<double, kKinds>& of_kind) {
  double s = 0;
  for (const double x : of_kind) s += x;
  return s;
}

double perplexity(const std::vector<PoemCost>& poems) {
  double nats = 0, tokens = 0;
  for (const PoemCost& p : poems) nats += sum(p.nats), tokens += sum(p.tokens);
  return std::exp(nats / tokens);
}

std::vector<PoemCost> model_costs(const models::SequenceModel& model,
                                  const std::vector<ReadPoem>& poems) {
  std::vector<PoemCost> costs;
  for (const ReadPoem& poem : poems) {
    PoemCost cost;
    models::SequenceState state = model.start();
    for (const LyricStep& step : poem.steps) {
      model.step(state, step.inputs);
      const std::vector<float> log_p = model.log_probabilities(state, 0);
      cost.add(step, static_cast<double>(log_p[static_cast<std::size_t>(step.target)]));
    }
    costs.push_back(cost);
  }
  return costs;
}

/// What an n-gram sees at a step, the most important first.
using Context = std::function<std::vector<int>(const std::vector<LyricStep>&, std::size_t)>;

struct Rival {
  std::string name;
  Context context;
};

int word_before(const std::vector<LyricStep>& steps, std::size_t at, std::size_t back) {
  return at < back ? LyricLanguage::kStanza : input(steps[at - back], LyricInput::kWord);
}

/// 0 inside a line, 1 where it must end, 2 where the stanza must: known from the syllables left.
int end_due(const LyricStep& step) {
  if (input(step, LyricInput::kLeft) > 0) return 0;
  return input(step, LyricInput::kLinesLeft) > 0 ? 1 : 2;
}

std::vector<Rival> plain_rivals() {
  return {{"2-gram", [](const auto& steps,
                        std::size_t at) { return std::vector<int>{word_before(steps, at, 0)}; }},
          {"3-gram", [](const auto& steps, std::size_t at) {
             return std::vector<int>{word_before(steps, at, 0), word_before(steps, at, 1)};
           }}};
}

/// The model's conditions in the orders that made most sense; `end` is whether a boundary is due.
std::vector<Rival> conditioned_rivals() {
  const auto rival = [](std::string name, std::vector<int> order) {
    return Rival{std::move(name), [order = std::move(order)](const auto& steps, std::size_t at) {
                   const LyricStep& step = steps[at];
                   const std::array<int, 7> features = {end_due(step),
                                                        word_before(steps, at, 0),
                                                        word_before(steps, at, 1),
                                                        input(step, LyricInput::kLeft),
                                                        input(step, LyricInput::kRhyme),
                                                        input(step, LyricInput::kLine),
                                                        input(step, LyricInput::kLinesLeft)};
                   std::vector<int> context;
                   for (const int f : order)
                     context.push_back(features[static_cast<std::size_t>(f)]);
                   return context;
                 }};
  };
  return {rival("end, word", {0, 1}),
          rival("end, word, word before", {0, 1, 2}),
          rival("end, rhyme, word", {0, 4, 1}),
          rival("end, rhyme, word, left", {0, 4, 1, 3}),
          rival("end, rhyme, left, word", {0, 4, 3, 1}),
          rival("end, left, rhyme, word", {0, 3, 4, 1}),
          rival("end, rhyme, word, word before", {0, 4, 1, 2}),
          rival("end, rhyme, word, line", {0, 4, 1, 5})};
}

models::WittenBell count(const Rival& rival, const std::vector<ReadPoem>& poems, int tokens) {
  models::WittenBell model(tokens);
  for (const ReadPoem& poem : poems) {
    for (std::size_t i = 0; i < poem.steps.size(); ++i) {
      model.count(rival.context(poem.steps, i), poem.steps[i].target);
    }
  }
  return model;
}

std::vector<PoemCost> rival_costs(const Rival& rival, const models::WittenBell& model,
                                  const std::vector<ReadPoem>& poems) {
  std::vector<PoemCost> costs;
  for (const ReadPoem& poem : poems) {
    PoemCost cost;
    for (std::size_t i = 0; i < poem.steps.size(); ++i) {
      cost.add(poem.steps[i],
               model.log_probability(rival.context(poem.steps, i), poem.steps[i].target));
    }
    costs.push_back(cost);
  }
  return costs;
}

struct Chosen {
  std::string name;
  std::vector<PoemCost> test;
  ordered_json table = ordered_json::object();  ///< every rival's figures
};

/// All rivals measured; the one that validation likes best.
Chosen best_rival(const std::vector<Rival>& rivals, const std::vector<ReadPoem>& learnt,
                  const std::vector<ReadPoem>& validation, const std::vector<ReadPoem>& test,
                  int tokens) {
  Chosen best;
  double least = 0;
  for (const Rival& rival : rivals) {
    const models::WittenBell model = count(rival, learnt, tokens);
    const double there = perplexity(rival_costs(rival, model, validation));
    auto here = rival_costs(rival, model, test);
    best.table[rival.name] = {{"validation", there}, {"test", perplexity(here)}};
    if (best.test.empty() || there < least) {
      least = there;
      best.name = rival.name;
      best.test = std::move(here);
    }
  }
  return best;
}

/// Perplexity ratio and its interval: poems are drawn again with all their tokens.
ordered_json ratio(const std::vector<PoemCost>& ours, const std::vector<PoemCost>& theirs) {
  std::vector<SequenceNats> poems;
  for (std::size_t p = 0; p < ours.size(); ++p) {
    poems.push_back({sum(ours[p].nats) - sum(theirs[p].nats), sum(ours[p].tokens)});
  }
  return resampled_perplexity(poems, Rng(1, "lyrics/bootstrap"), kResamples);
}

ordered_json by_kind(const std::vector<PoemCost>& poems) {
  ordered_json table;
  for (std::size_t k = 0; k < kKinds; ++k) {
    double nats = 0, tokens = 0;
    for (const PoemCost& p : poems) nats += p.nats[k], tokens += p.tokens[k];
    table[kKindNames[k]] = {{"tokens", tokens},
                            {"perplexity", tokens > 0 ? std::exp(nats / tokens) : 0.0}};
  }
  return table;
}

}  // namespace

ordered_json measure_lyrics(const models::SequenceModel& model, const LyricLanguage& language,
                            const std::vector<ReadPoem>& learnt,
                            const std::vector<ReadPoem>& validation,
                            const std::vector<ReadPoem>& test) {
  const int tokens = language.num_tokens();
  const std::vector<PoemCost> ours = model_costs(model, test);
  const Chosen plain = best_rival(plain_rivals(), learnt, validation, test, tokens);
  const Chosen given = best_rival(conditioned_rivals(), learnt, validation, test, tokens);
  double n = 0;
  for (const PoemCost& p : ours) n += sum(p.tokens);
  return {
      {"poems", test.size()},
      {"tokens", n},
      {"perplexity", perplexity(ours)},
      {"validation_perplexity", perplexity(model_costs(model, validation))},
      {"best_ngram", {{"name", plain.name}, {"perplexity", perplexity(plain.test)}}},
      {"best_conditioned_ngram", {{"name", given.name}, {"perplexity", perplexity(given.test)}}},
      {"ratio", ratio(ours, plain.test)},
      {"conditioned_ratio", ratio(ours, given.test)},
      {"by_kind",
       {{"model", by_kind(ours)},
        {"ngram", by_kind(plain.test)},
        {"conditioned_ngram", by_kind(given.test)}}},
      {"ngrams", plain.table},
      {"conditioned_ngrams", given.table}};
}

}  // namespace brandiron::app
