#include "composition/lyric_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "brandiron/core/error.h"
#include "composition/line_pool.h"
#include "composition/lyric_deal.h"
#include "composition/lyric_hook.h"
#include "composition/lyric_reader.h"

namespace brandiron::gen {
namespace {

/// Candidates that the reader ranks, and how much its opinion counts: a nat a word makes a line
/// e^(1 / kTemperature) times as likely.
constexpr std::size_t kCandidates = 6;
constexpr double kTemperature = 0.25;
/// Fewer choices than this for a place, and the song borrows from more shares; more than this are
/// not looked for.
constexpr std::size_t kFewest = 4, kEnough = 400;

/// What a place in a stanza asks for.
struct Place {
  std::string role;
  int line = 0, lines_left = 0;
};

/// One or two lines that could be said next.
struct Candidate {
  std::vector<const Filling*> lines;
  std::vector<std::string> texts;
  double weight = 0;
};

/// The order in which demands are given up; `any_owner`: the mate of a line may be anyone's.
struct Patience {
  std::uint64_t width;
  int slack;
  bool any_owner;
};
constexpr std::array<Patience, 9> kPatience = {{{1, 1, false},
                                                {2, 1, false},
                                                {4, 1, false},
                                                {8, 1, false},
                                                {8, 1, true},
                                                {64, 2, true},
                                                {LyricDeal::kShares, 2, true},
                                                {LyricDeal::kShares, 4, true},
                                                {LyricDeal::kShares, 5, true}}};

/// What is looked for at a stage.
struct Search {
  LineWish wish;
  bool any_owner = false;
};

double rhyme_worth(const BankOption& a, const BankOption& b) {
  const int grade = rhyme_grade(a, b);
  if (grade == 0) return 0;
  return (grade == 2 ? 1.0 : 0.12) * (is_cliche(a.last_word, b.last_word) ? 0.25 : 1.0);
}

class Writer {
 public:
  Writer(const LyricBank& bank, const std::string& theme, const LyricPlan& plan,
         const LyricDeal& deal, Sampler sampler)
      : bank_(bank),
        theme_(theme),
        deal_(deal),
        reader_(plan.reader),
        sampler_(std::move(sampler)),
        pool_(bank, theme_, deal) {}

  /// Centre of the line lengths that the next stanza aims at.
  void aim_at(int syllables) { aim_ = syllables; }

  std::vector<WrittenLine> write_chorus(const WrittenHook& hook, int lines) {
    if (lines >= 4 && hook.free) return write_free_chorus(hook, lines);
    if (lines <= 1) return {{hook.last.text, ""}};
    if (lines == 2) return {{hook.first.text, ""}, {hook.last.text, ""}};
    const bool mates = rhyme_grade(hook.first.option, hook.last.option) > 0;
    std::vector<WrittenLine> chorus;
    // A B B A when the hook rhymes with itself, else A A B B. The second half says the hook again
    // with other words inside.
    for (int half = 0; half < (lines >= 8 ? 2 : 1); ++half) {
      const std::string inner = half == 0 ? "B" : "C";
      chorus.push_back({hook.first.text, "A"});
      if (mates) {
        const auto [a, b] = pair({"chorus", 1, 2}, {"chorus", 2, 1});
        chorus.push_back({a, inner});
        chorus.push_back({b, inner});
      } else {
        chorus.push_back({answer(hook.first, {"chorus", 1, 2}), "A"});
        chorus.push_back({answer(hook.last, {"chorus", 2, 1}), "B"});
      }
      chorus.push_back({hook.last.text, mates ? "A" : "B"});
    }
    return chorus;
  }

  std::vector<WrittenLine> write_stanzas(int lines, bool bridge, int scheme) {
    static const std::array<std::vector<int>, 3> kSchemes = {
        {{0, 0, 1, 1}, {-1, 0, -1, 0}, {0, 1, 0, 1}}};  // AABB ABCB ABAB
    std::vector<WrittenLine> out;
    for (int start = 0; start < lines; start += 4) {
      const int n = std::min(4, lines - start);
      std::vector<int> pattern = kSchemes[static_cast<std::size_t>(scheme)];
      if (n == 2) pattern = {0, 0};
      if (n == 1 || n == 3) pattern.assign(static_cast<std::size_t>(n), -1);
      std::vector<Place> places;
      for (int i = 0; i < n; ++i) places.push_back({bridge ? "bridge" : "body", i, n - 1 - i});
      if (!bridge && start == 0) places.front().role = "open";
      if (!bridge && start + n >= lines) places.back().role = "land";
      const auto stanza = write_stanza(places, pattern);
      out.insert(out.end(), stanza.begin(), stanza.end());
    }
    return out;
  }

 private:
  std::vector<WrittenLine> write_stanza(const std::vector<Place>& places,
                                        const std::vector<int>& pattern) {
    std::vector<WrittenLine> stanza(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!stanza[i].text.empty()) continue;
      std::size_t mate = i;
      for (std::size_t j = places.size() - 1; j > i && pattern[i] >= 0; --j) {
        if (pattern[j] == pattern[i]) mate = j;
      }
      if (mate == i) {
        stanza[i] = {single(places[i]), ""};
        continue;
      }
      const std::string letter(1, static_cast<char>('A' + letters_++ % 26));
      const auto [a, b] = pair(places[i], places[mate]);
      stanza[i] = {a, letter};
      stanza[mate] = {b, letter};
    }
    return stanza;
  }

  /// A long pinned title stands alone; the lines between its returns rhyme with each other.
  std::vector<WrittenLine> write_free_chorus(const WrittenHook& hook, int lines) {
    std::vector<WrittenLine> chorus;
    for (int start = 0; start + 4 <= lines; start += 4) {
      const std::string letter(1, static_cast<char>('A' + start / 4));
      const auto [a, b] = pair({"chorus", 1, 2}, {"chorus", 2, 1});
      chorus.insert(chorus.end(),
                    {{hook.first.text, ""}, {a, letter}, {b, letter}, {hook.last.text, ""}});
    }
    return chorus;
  }

  /// Two lines that rhyme.
  std::pair<std::string, std::string> pair(const Place& a, const Place& b) {
    const auto find = [&](const Search& search) { return pairs_of(a, b, search); };
    const Candidate chosen = choose(find, {a, b}, "", "rhyming pair of " + a.role + " lines");
    return {chosen.texts[0], chosen.texts[1]};
  }

  /// A line that rhymes with one of the hook's.
  std::string answer(const HookLine& hook, const Place& place) {
    const auto find = [&](const Search& search) {
      std::vector<Candidate> found;
      for (const Filling* f : search.any_owner ? pool_.rhyming(place.role, hook.option, search.wish)
                                               : pool_.usable(place.role, search.wish)) {
        const double worth = rhyme_worth(hook.option, *f->ending) * pool_.worth(*f);
        if (worth > 0) found.push_back({{f}, {}, worth});
      }
      return found;
    };
    const std::string end = hook.option.last_word;
    return choose(find, {place}, end, place.role + " line that rhymes with " + end).texts[0];
  }

  /// A line whose end is free.
  std::string single(const Place& place) {
    const auto find = [&](const Search& search) {
      std::vector<Candidate> found;
      for (const Filling* f : pool_.usable(place.role, search.wish)) {
        found.push_back({{f}, {}, pool_.worth(*f)});
      }
      return found;
    };
    return choose(find, {place}, "", place.role + " line").texts[0];
  }

  std::vector<Candidate> pairs_of(const Place& a, const Place& b, const Search& search) {
    const auto first = pool_.usable(a.role, search.wish);
    std::map<std::string, std::vector<const Filling*>> by_family;
    if (!search.any_owner) {
      for (const Filling* f : pool_.usable(b.role, search.wish)) {
        by_family[f->ending->family].push_back(f);
      }
    }
    std::vector<Candidate> found;
    for (const Filling* f : first) {
      if (search.any_owner) {
        add_pairs(*f, pool_.rhyming(b.role, *f->ending, search.wish), found);
        if (found.size() > kEnough) break;
      } else if (by_family.contains(f->ending->family)) {
        add_pairs(*f, by_family.at(f->ending->family), found);
      }
    }
    return found;
  }

  void add_pairs(const Filling& f, const std::vector<const Filling*>& mates,
                 std::vector<Candidate>& found) const {
    for (const Filling* mate : mates) {
      if (f.line == mate->line) continue;
      double worth = rhyme_worth(*f.ending, *mate->ending);
      if (worth <= 0 || pool_.share_a_phrase(f, *mate)) continue;
      // Two lines that end in the same phrase list sound like one line twice.
      if (bank_.lines[f.line].pieces.back() == bank_.lines[mate->line].pieces.back()) worth *= 0.1;
      found.push_back({{&f, mate}, {}, worth * pool_.worth(f) * pool_.worth(*mate)});
    }
  }

  /// Looks for candidates, giving up demands one after the other; draws a few, lets the reader
  /// choose among them, and says the chosen.
  Candidate choose(const std::function<std::vector<Candidate>(const Search&)>& find,
                   const std::vector<Place>& places, const std::string& mate,
                   const std::string& what) {
    for (int again = 0; again < 2; ++again) {
      for (std::size_t p = 0; p < kPatience.size(); ++p) {
        const Patience& patience = kPatience[p];
        const std::vector<Candidate> found =
            find({{aim_, patience.slack, patience.width}, patience.any_owner});
        if (found.empty() || (found.size() < kFewest && !patience.any_owner)) continue;
        std::vector<Candidate> few = draw(found);
        if (few.empty()) continue;
        Candidate chosen = std::move(few[rank(few, places, mate)]);
        for (std::size_t l = 0; l < chosen.lines.size(); ++l) {
          pool_.use(*chosen.lines[l], chosen.texts[l]);
        }
        return chosen;
      }
      pool_.forget();
    }
    throw Error(ErrorCode::kInternal, fmt::format("no {} is left in theme {}", what, theme_));
  }

  /// Up to kCandidates of them that may be said, without replacement.
  std::vector<Candidate> draw(const std::vector<Candidate>& found) {
    std::vector<double> weights;
    for (const Candidate& c : found) weights.push_back(c.weight);
    std::vector<Candidate> few;
    const std::size_t wanted = reader_ != nullptr ? kCandidates : 1;
    for (std::size_t left = found.size(); left > 0 && few.size() < wanted; --left) {
      const std::size_t at = sampler_.pick(Draw::kWord, weights);
      weights[at] = 0;
      Candidate candidate = found[at];
      bool good = true;
      for (const Filling* f : candidate.lines) {
        candidate.texts.push_back(deal_.text(*f));
        good &= pool_.may_say(candidate.texts.back());
      }
      if (good) few.push_back(std::move(candidate));
    }
    return few;
  }

  /// Index of the one that is said.
  std::size_t rank(const std::vector<Candidate>& few, const std::vector<Place>& places,
                   const std::string& mate) {
    if (few.size() == 1) return 0;
    std::vector<float> scores;
    for (const Candidate& candidate : few) {
      std::vector<PlacedLine> lines;
      for (std::size_t l = 0; l < places.size(); ++l) {
        const std::string asked = l == 0 ? mate : candidate.lines[0]->ending->last_word;
        lines.push_back({candidate.texts[l], places[l].line, places[l].lines_left, asked});
      }
      scores.push_back(static_cast<float>(reader_->score(lines)));
    }
    return sampler_.pick_log(Draw::kWord, scores, kTemperature);
  }

  const LyricBank& bank_;
  std::string theme_;
  const LyricDeal& deal_;
  const LyricReader* reader_;
  Sampler sampler_;
  LinePool pool_;
  int aim_ = 10, letters_ = 0;
};

std::string draw_theme(const LyricPlan& plan, const std::vector<std::string>& allowed,
                       const LyricBank& bank, Sampler sampler) {
  if (!plan.theme.empty()) {
    if (std::find(bank.themes.begin(), bank.themes.end(), plan.theme) != bank.themes.end()) {
      return plan.theme;
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("theme \"{}\" is not in the bank; known: {}", plan.theme,
                            fmt::join(bank.themes, ", ")));
  }
  const std::vector<std::string>& pool = allowed.empty() ? bank.themes : allowed;
  return pool[sampler.below(Draw::kPlan, static_cast<std::uint32_t>(pool.size()))];
}

/// One choice for each sticky list: the song keeps its town and its truck.
std::map<std::size_t, std::size_t> keep_words(const LyricBank& bank, const WrittenHook& hook,
                                              Sampler sampler) {
  std::map<std::size_t, std::size_t> sticky = hook.bound;
  for (std::size_t l = 0; l < bank.lists.size(); ++l) {
    if (!bank.lists[l].sticky || sticky.contains(l)) continue;
    sticky[l] =
        sampler.below(Draw::kWord, static_cast<std::uint32_t>(bank.lists[l].options.size()));
  }
  return sticky;
}

}  // namespace

WrittenStanzas write_lyrics(const LyricPlan& plan, const std::vector<std::string>& allowed_themes,
                            Sampler sampler) {
  const LyricBank& bank = LyricBank::shared();
  WrittenStanzas song;
  song.theme = draw_theme(plan, allowed_themes, bank, sampler.child("theme"));
  Sampler shape = sampler.child("shape"), titles = sampler.child("hook");
  const WrittenHook hook = plan.title.empty() ? write_hook(bank, song.theme, plan.song, titles)
                                              : write_pinned_hook(plan.title);
  song.title = hook.title;
  const LyricDeal deal(bank, plan.song, keep_words(bank, hook, sampler.child("kept")));
  Writer writer(bank, song.theme, plan, deal, sampler.child("words"));
  writer.aim_at(11);
  song.chorus = writer.write_chorus(hook, plan.chorus_lines);
  static constexpr std::array<double, 3> kSchemeWeights = {0.42, 0.36, 0.22};  // AABB ABCB ABAB
  const auto scheme = static_cast<int>(shape.pick(Draw::kPlan, kSchemeWeights));
  writer.aim_at(9 + static_cast<int>(shape.below(Draw::kPlan, 3)));
  for (int v = 0; v < plan.verses; ++v) {
    song.verses.push_back(writer.write_stanzas(plan.verse_lines, false, scheme));
  }
  if (plan.bridge_lines > 0) song.bridge = writer.write_stanzas(plan.bridge_lines, true, 0);
  return song;
}

}  // namespace brandiron::gen
