#include "melody_ngrams.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>

#include "brandiron/models/witten_bell.h"

namespace brandiron::app {
namespace {

using gen::MelodyInput;

constexpr int kLengths = static_cast<int>(gen::kMelodyLengths.size());
constexpr int kBeforeFirst = -1;

/// A variable of every note of a set of tunes.
using Column = std::vector<int>;

struct Table {
  std::vector<std::string> names;
  std::vector<Column> learnt, validation, test;  ///< by variable
};

Column column(const std::vector<CorpusTune>& tunes, const auto& value) {
  Column all;
  for (const CorpusTune& tune : tunes) {
    for (std::size_t n = 0; n < tune.steps.size(); ++n) all.push_back(value(tune, n));
  }
  return all;
}

class TableMaker {
 public:
  TableMaker(const MelodyCorpus& corpus, Table& table) : corpus_(corpus), table_(table) {}

  void add(const std::string& name, const auto& value) {
    table_.names.push_back(name);
    table_.learnt.push_back(column(corpus_.learnt, value));
    table_.validation.push_back(column(corpus_.validation, value));
    table_.test.push_back(column(corpus_.test, value));
  }

  void add_input(std::size_t input) {
    add(gen::melody_input_shapes()[input].name,
        [=](const CorpusTune& tune, std::size_t n) { return tune.steps[n].inputs[input]; });
  }

 private:
  const MelodyCorpus& corpus_;
  Table& table_;
};

int chord_root(int chord) { return chord == 0 ? -1 : (chord - 1) / gen::kMelodyQualities; }
int chord_quality(int chord) { return chord == 0 ? -1 : (chord - 1) % gen::kMelodyQualities; }

Table conditions(const MelodyCorpus& corpus, NgramSight sight) {
  Table table;
  TableMaker make(corpus, table);
  for (std::size_t i = 0; i < gen::kMelodyConditions; ++i) make.add_input(i);
  make.add_input(static_cast<std::size_t>(MelodyInput::kRest));
  make.add("root",
           [](const CorpusTune& t, std::size_t n) { return chord_root(t.steps[n].known.chord); });
  make.add("quality", [](const CorpusTune& t, std::size_t n) {
    return chord_quality(t.steps[n].known.chord);
  });
  make.add("next_root", [](const CorpusTune& t, std::size_t n) {
    return chord_root(t.steps[n].known.next_chord);
  });
  for (std::size_t back = 1; back <= 3; ++back) {
    make.add("pitch-" + std::to_string(back), [=](const CorpusTune& t, std::size_t n) {
      return n < back ? kBeforeFirst : t.steps[n - back].pitch;
    });
    make.add("length-" + std::to_string(back), [=](const CorpusTune& t, std::size_t n) {
      return n < back ? kBeforeFirst : t.steps[n - back].length;
    });
  }
  if (sight != NgramSight::kMemory) return table;
  for (auto i = static_cast<std::size_t>(MelodyInput::kPitch2); i < gen::kMelodyInputs; ++i) {
    make.add_input(i);
  }
  return table;
}

/// Contexts of one level, as numbers: -1 where training saw none. The search below goes on from a
/// level to the next, thousands of times; what it chose is then measured by models::WittenBell.
struct Level {
  std::vector<int> learnt, validation;
  std::vector<double> p_validation;
};

std::uint64_t pair_key(int a, int b) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(a)) << 32U) |
         static_cast<std::uint32_t>(b);
}

/// The contexts of `level`, each divided by one more variable.
struct Division {
  std::unordered_map<std::uint64_t, int> number;
  std::vector<int> learnt;
  std::unordered_map<std::uint64_t, int> count;  ///< by (context, value)
  std::vector<int> total, distinct;              ///< by context

  Division(const std::vector<int>& contexts, const Column& variable, const Column& target) {
    learnt.reserve(contexts.size());
    for (std::size_t r = 0; r < contexts.size(); ++r) {
      const auto [found, added] =
          number.try_emplace(pair_key(contexts[r], variable[r]), static_cast<int>(total.size()));
      if (added) total.push_back(0), distinct.push_back(0);
      const int context = found->second;
      learnt.push_back(context);
      ++total[static_cast<std::size_t>(context)];
      if (++count[pair_key(context, target[r])] == 1) {
        ++distinct[static_cast<std::size_t>(context)];
      }
    }
  }

  int context(int shorter, int value) const {
    const auto found = shorter < 0 ? number.end() : number.find(pair_key(shorter, value));
    return found == number.end() ? -1 : found->second;
  }

  /// Witten-Bell: a context with T kinds of successors in N events leaves T / (N + T) to `below`.
  double probability(int context, int value, double below) const {
    if (context < 0) return below;
    const auto c = static_cast<std::size_t>(context);
    const auto found = count.find(pair_key(context, value));
    const double n = found == count.end() ? 0 : found->second;
    return (n + distinct[c] * below) / static_cast<double>(total[c] + distinct[c]);
  }
};

void descend(const Division& division, const Column& variable, const Column& target,
             std::vector<int>& contexts, std::vector<double>& p) {
  for (std::size_t r = 0; r < target.size(); ++r) {
    contexts[r] = division.context(contexts[r], variable[r]);
    p[r] = division.probability(contexts[r], target[r], p[r]);
  }
}

double mean_nats(const std::vector<double>& p) {
  double sum = 0;
  for (const double x : p) sum -= std::log(x);
  return sum / static_cast<double>(p.size());
}

/// One factor of a note: its value in each set, and how many there are.
struct Target {
  std::string name;
  Column learnt, validation, test;
  int values = 0;
};

/// The level of no context: a unigram over the uniform distribution.
Level ground(const Target& target) {
  Level level;
  const Column none(target.learnt.size(), 0), none_validation(target.validation.size(), 0);
  level.validation = none_validation;
  level.p_validation.assign(target.validation.size(), 1.0 / target.values);
  const Division division(none, none, target.learnt);
  descend(division, none_validation, target.validation, level.validation, level.p_validation);
  level.learnt = division.learnt;
  return level;
}

void deepen(Level& level, const Table& table, std::size_t v, const Target& target) {
  const Division division(level.learnt, table.learnt[v], target.learnt);
  descend(division, table.validation[v], target.validation, level.validation, level.p_validation);
  level.learnt = division.learnt;
}

/// A chain of contexts for one factor: variables in the order in which they lengthen the context.
struct Chain {
  Level level;
  std::vector<std::size_t> variables;

  /// What stands first backs off first.
  std::vector<std::string> names(const Table& table) const {
    std::vector<std::string> names;
    for (const std::size_t v : variables) names.insert(names.begin(), table.names[v]);
    return names;
  }
};

/// ln P of every held-out note's factor, given the chain.
std::vector<double> held_out(const Chain& chain, const Table& table, const Target& target) {
  const auto context = [&](const std::vector<Column>& set, std::size_t row) {
    std::vector<int> features;
    for (const std::size_t v : chain.variables) features.push_back(set[v][row]);
    return features;
  };
  models::WittenBell model(target.values);
  for (std::size_t r = 0; r < target.learnt.size(); ++r) {
    model.count(context(table.learnt, r), target.learnt[r]);
  }
  std::vector<double> log_p;
  for (std::size_t r = 0; r < target.test.size(); ++r) {
    log_p.push_back(model.log_probability(context(table.test, r), target.test[r]));
  }
  return log_p;
}

/// Adds the variable that helps validation most, until none does, to a chain that begins with
/// variable `first`.
Chain deepen_greedily(const Level& ground, std::size_t first, const Table& table,
                      const Target& target) {
  Chain chain{ground, {first}};
  deepen(chain.level, table, first, target);
  std::vector<bool> used(table.names.size(), false);
  used[first] = true;
  constexpr double kLeastGain_nats = 1e-4;
  for (double best = mean_nats(chain.level.p_validation);;) {
    std::size_t chosen = table.names.size();
    for (std::size_t v = 0; v < table.names.size(); ++v) {
      if (used[v]) continue;
      const Division division(chain.level.learnt, table.learnt[v], target.learnt);
      std::vector<int> contexts = chain.level.validation;
      std::vector<double> p = chain.level.p_validation;
      descend(division, table.validation[v], target.validation, contexts, p);
      const double nats = mean_nats(p);
      if (nats < best - kLeastGain_nats) best = nats, chosen = v;
    }
    if (chosen == table.names.size()) return chain;
    used[chosen] = true;
    deepen(chain.level, table, chosen, target);
    chain.variables.push_back(chosen);
  }
}

/// The best chain over all first variables.
Chain best_chain(const Table& table, const Target& target) {
  const Level start = ground(target);
  Chain best{start, {}};
  for (std::size_t first = 0; first < table.names.size(); ++first) {
    Chain chain = deepen_greedily(start, first, table, target);
    if (mean_nats(chain.level.p_validation) < mean_nats(best.level.p_validation)) {
      best = std::move(chain);
    }
  }
  return best;
}

Target target_of(const MelodyCorpus& corpus, const std::string& name) {
  const auto value = [&](const CorpusTune& t, std::size_t n) {
    const TuneStep& step = t.steps[n];
    if (name == "length") return step.length;
    return name == "pitch" ? step.pitch : step.pitch * kLengths + step.length;
  };
  return {name, column(corpus.learnt, value), column(corpus.validation, value),
          column(corpus.test, value),
          name == "length" ? kLengths : gen::kMelodyPitches * (name == "pitch" ? 1 : kLengths)};
}

/// Nats of each held-out tune.
std::vector<double> by_tune(const std::vector<CorpusTune>& tunes,
                            const std::vector<double>& log_p) {
  std::vector<double> nats;
  std::size_t at = 0;
  for (const CorpusTune& tune : tunes) {
    nats.push_back(0);
    for (std::size_t n = 0; n < tune.steps.size(); ++n) nats.back() -= log_p[at++];
  }
  return nats;
}

NgramResult best_of_notes(const MelodyCorpus& corpus) {
  const Target note = target_of(corpus, "note");
  Table table;
  TableMaker make(corpus, table);
  for (std::size_t back = 1; back <= 2; ++back) {
    make.add("note-" + std::to_string(back), [=](const CorpusTune& t, std::size_t n) {
      if (n < back) return kBeforeFirst;
      return t.steps[n - back].pitch * kLengths + t.steps[n - back].length;
    });
  }
  Chain chain{ground(note), {}};
  Chain best = chain;
  for (std::size_t v = 0; v < table.names.size(); ++v) {
    deepen(chain.level, table, v, note);
    chain.variables.push_back(v);
    if (mean_nats(chain.level.p_validation) < mean_nats(best.level.p_validation)) best = chain;
  }
  return {{best.names(table)},
          {"note"},
          by_tune(corpus.test, held_out(best, table, note)),
          std::exp(mean_nats(best.level.p_validation))};
}

}  // namespace

NgramResult best_ngram(const MelodyCorpus& corpus, NgramSight sight) {
  if (sight == NgramSight::kNotes) return best_of_notes(corpus);
  NgramResult best;
  const std::vector<std::vector<std::string>> factorings = {{"length", "pitch"},
                                                            {"pitch", "length"}};
  for (const auto& factors : factorings) {
    Table table = conditions(corpus, sight);
    std::vector<std::vector<std::string>> contexts;
    std::vector<double> test;
    double nats = 0;  // of validation
    for (const std::string& factor : factors) {
      const Target target = target_of(corpus, factor);
      const Chain chain = best_chain(table, target);
      contexts.push_back(chain.names(table));
      nats += mean_nats(chain.level.p_validation);
      const std::vector<double> log_p = held_out(chain, table, target);
      test.resize(log_p.size(), 0.0);
      for (std::size_t r = 0; r < test.size(); ++r) test[r] += log_p[r];
      // The second factor knows the first.
      table.names.push_back(factor);
      table.learnt.push_back(target.learnt);
      table.validation.push_back(target.validation);
      table.test.push_back(target.test);
    }
    if (best.factors.empty() || std::exp(nats) < best.validation_perplexity) {
      best = {contexts, factors, by_tune(corpus.test, test), std::exp(nats)};
    }
  }
  return best;
}

}  // namespace brandiron::app
