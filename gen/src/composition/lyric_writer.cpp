#include "composition/lyric_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "composition/lexicon.h"

namespace brandiron::gen {
namespace {

constexpr int kShortestLine = 7, kLongestLine = 12, kLongestHook = 13;

struct Draft {
  std::size_t line = 0;
  std::string text;
  int syllables = 0;
  const BankOption* ending = nullptr;
};

/// What a place in a stanza asks for.
struct Place {
  std::string role;
  std::string rhyme;  ///< letter; "" free
};

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty() && part[0] != ',' && part[0] != '\'') text += ' ';
    text += part;
  }
  return text;
}

/// Pairs so worn that they are drawn less often (rhyme keys' words, both ways round).
bool is_cliche(const std::string& a, const std::string& b) {
  static const std::set<std::pair<std::string, std::string>> kWorn = {
      {"away", "day"},    {"me", "see"},      {"life", "wife"}, {"home", "roam"}, {"down", "town"},
      {"night", "light"}, {"right", "night"}, {"day", "way"},   {"me", "free"},   {"rain", "pain"},
      {"heart", "apart"}, {"fire", "desire"}, {"go", "know"},   {"mine", "line"}, {"name", "same"},
      {"gone", "dawn"},   {"road", "load"},   {"day", "say"},   {"stay", "day"},  {"stay", "away"}};
  return kWorn.contains({a, b}) || kWorn.contains({b, a});
}

bool same_ending(const BankOption& a, const BankOption& b) {
  return a.last_word == b.last_word || (a.perfect == b.perfect && a.onset == b.onset);
}

class Writer {
 public:
  Writer(const LyricBank& bank, std::string theme, Rng rng)
      : bank_(bank), theme_(std::move(theme)), rng_(std::move(rng)) {}

  void write_hook(const std::string& pinned_title, WrittenStanzas& song) {
    if (!pinned_title.empty()) {
      song.title = pinned_title;
      write_pinned_hook(pinned_title);
      return;
    }
    for (int attempt = 0; attempt < 50; ++attempt) {
      // A hook with more fillings comes more often, so that titles seldom return.
      std::vector<double> weights;
      for (const BankHook& hook : bank_.hooks) {
        weights.push_back(hook.theme == theme_ ? det::sqrt(ways(hook.title)) : 0.0);
      }
      const BankHook& hook = bank_.hooks[rng_.pick(weights)];
      bound_.clear();
      const std::string title = fill_bound(hook.title);
      first_ = hook_line(fill_bound(hook.first));
      last_ = hook_line(fill_bound(hook.last));
      song.title = title_case(tidy_line(title));
      const int longest = std::max(count_syllables(first_.text), count_syllables(last_.text));
      if (longest <= kLongestHook && !is_blocked(song.title) && !is_blocked(first_.text) &&
          !is_blocked(last_.text)) {
        break;
      }
    }
    bound_.clear();
  }

  std::vector<WrittenLine> write_chorus(int lines) {
    if (lines >= 4 && free_hook_) return write_free_chorus(lines);
    if (lines <= 1) return {{last_.text, ""}};
    if (lines == 2) return {{first_.text, ""}, {last_.text, ""}};
    const bool mates = rhyme_grade(first_.option, last_.option) > 0;
    std::vector<WrittenLine> chorus = {{first_.text, "A"}};
    const auto middle = [&](const std::string& a, const std::string& b, bool hook_ends) {
      // A B B A when the hook rhymes with itself, else A A B B.
      if (mates) {
        const auto pair = write_pair({"chorus", a}, {"chorus", a});
        chorus.push_back({pair.first.text, b});
        chorus.push_back({pair.second.text, b});
      } else {
        chorus.push_back({answer(first_.option, {"chorus", a}).text, a});
        chorus.push_back({answer(last_.option, {"chorus", b}).text, b});
      }
      if (hook_ends) chorus.push_back({last_.text, mates ? a : b});
    };
    middle("A", "B", true);
    if (lines >= 8) {
      // The second half says the hook again with other words inside.
      chorus.push_back({first_.text, mates ? "A" : "A"});
      middle("A", mates ? "C" : "B", true);
    }
    return chorus;
  }

  std::vector<WrittenLine> write_stanzas(int lines, bool bridge, int scheme) {
    std::vector<WrittenLine> out;
    static const std::vector<std::vector<int>> kSchemes = {
        {0, 0, 1, 1}, {-1, 0, -1, 0}, {0, 1, 0, 1}};  // AABB ABCB ABAB
    int letter = 0;
    for (int start = 0; start < lines; start += 4) {
      const int n = std::min(4, lines - start);
      std::vector<int> pattern = kSchemes[static_cast<std::size_t>(scheme)];
      if (n < 4)
        pattern =
            n == 2 ? std::vector<int>{0, 0} : std::vector<int>(static_cast<std::size_t>(n), -1);
      std::vector<std::string> roles(static_cast<std::size_t>(n), bridge ? "bridge" : "body");
      if (!bridge) {
        if (start == 0) roles.front() = "open";
        if (start + n >= lines) roles.back() = "land";
      }
      std::vector<WrittenLine> stanza(static_cast<std::size_t>(n));
      std::vector<bool> done(static_cast<std::size_t>(n), false);
      for (std::size_t i = 0; i < stanza.size(); ++i) {
        if (done[i]) continue;
        const auto mate = [&]() -> std::size_t {
          for (std::size_t j = i + 1; j < stanza.size() && pattern[i] >= 0; ++j) {
            if (pattern[j] == pattern[i]) return j;
          }
          return i;
        }();
        done[i] = true;
        if (mate == i) {
          stanza[i] = {draw({roles[i], ""}).text, ""};
          continue;
        }
        done[mate] = true;
        const std::string name(1, static_cast<char>('A' + letter++ % 26));
        const auto [a, b] = write_pair({roles[i], name}, {roles[mate], name});
        stanza[i] = {a.text, name};
        stanza[mate] = {b.text, name};
      }
      out.insert(out.end(), stanza.begin(), stanza.end());
    }
    return out;
  }

  /// Centre of the line lengths that the next stanza aims at.
  void aim_at(int syllables) { aim_ = syllables; }

 private:
  struct HookLine {
    std::string text;
    BankOption option;
  };

  /// A title that a person chose: any words, so the frame round it brings the rhyme.
  void write_pinned_hook(const std::string& title) {
    const int n = count_syllables(title);
    if (n == 0 || n > kLongestHook) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("title \"{}\" has {} syllables that can be sung; expected 1 to {} (it is "
                      "sung in the chorus)",
                      title, n, kLongestHook));
    }
    free_hook_ = n > 7;
    const std::string said = n <= 3 ? title + ", " + title : title;
    first_ = hook_line(free_hook_ ? title : said + ", it's the song that I know");
    last_ = hook_line(free_hook_ ? title : said + ", wherever I go");
  }

  /// A long pinned title stands alone; the lines between its returns rhyme with each other.
  std::vector<WrittenLine> write_free_chorus(int lines) {
    std::vector<WrittenLine> chorus;
    for (int start = 0; start + 4 <= lines; start += 4) {
      const std::string letter(1, static_cast<char>('A' + start / 4));
      const auto [a, b] = write_pair({"chorus", letter}, {"chorus", letter});
      chorus.insert(chorus.end(),
                    {{first_.text, ""}, {a.text, letter}, {b.text, letter}, {last_.text, ""}});
    }
    return chorus;
  }

  HookLine hook_line(const std::string& raw) {
    HookLine line;
    line.text = tidy_line(raw);
    const std::string plain = plain_words(line.text);
    const std::string word = plain.substr(plain.rfind(' ') + 1);
    const Phones phones = Lexicon::shared().phones(word);
    line.option.last_word = word;
    line.option.perfect = rhyme_key(phones, false);
    line.option.family = rhyme_key(phones, true);
    line.option.onset = rhyme_onset(phones);
    return line;
  }

  double ways(const BankTemplate& t) const {
    double n = 1;
    for (const std::size_t piece : t.pieces)
      n *= static_cast<double>(bank_.lists[piece].options.size());
    return n;
  }

  std::string fill_bound(const BankTemplate& t) {
    std::vector<std::string> parts;
    for (const std::size_t piece : t.pieces) {
      const BankList& list = bank_.lists[piece];
      std::size_t choice = rng_.below(static_cast<std::uint32_t>(list.options.size()));
      if (!list.name.empty()) choice = bound_.try_emplace(piece, choice).first->second;
      parts.push_back(list.options[choice].text);
    }
    return join(parts);
  }

  static int rhyme_grade(const BankOption& a, const BankOption& b) {
    if (same_ending(a, b)) return 0;
    if (a.perfect == b.perfect) return 2;
    return a.family == b.family ? 1 : 0;
  }

  bool is_blocked(const std::string& text) const {
    const std::string padded = " " + plain_words(text) + " ";
    return std::any_of(bank_.blocked.begin(), bank_.blocked.end(), [&](const std::string& phrase) {
      return padded.find(" " + phrase + " ") != std::string::npos;
    });
  }

  double weight_of(const BankTemplate& t, std::size_t index, const std::string& role) const {
    if (t.role != role || used_lines_.contains(index)) return 0;
    const double variety = std::min(3.0, 0.12 + ways(t) / 70.0);
    if (t.theme == theme_) return 3.0 * variety;
    return t.theme == "any" ? 0.8 * variety : 0.0;
  }

  /// Fills the places before the last so that the length comes near the aim. Empty when it cannot.
  std::optional<Draft> fill(std::size_t line, std::size_t option, int slack) {
    const BankTemplate& t = bank_.lines[line];
    const BankOption& last = bank_.lists[t.pieces.back()].options[option];
    std::optional<Draft> best;
    std::map<std::size_t, std::size_t> best_sticky;
    int best_error = 1000;
    for (int attempt = 0; attempt < 6; ++attempt) {
      Draft draft{line, "", 0, &last};
      std::map<std::size_t, std::size_t> sticky = sticky_;
      std::vector<std::string> parts;
      bool repeated = false;
      for (std::size_t p = 0; p < t.pieces.size(); ++p) {
        const BankList& list = bank_.lists[t.pieces[p]];
        std::size_t choice = option;
        if (p + 1 < t.pieces.size()) {
          choice = rng_.below(static_cast<std::uint32_t>(list.options.size()));
          if (list.sticky) choice = sticky.try_emplace(t.pieces[p], choice).first->second;
        }
        const BankOption& picked = list.options[choice];
        repeated |= !list.name.empty() && !list.sticky && used_fills_.contains(picked.text);
        draft.syllables += picked.syllables;
        parts.push_back(picked.text);
      }
      const int error = std::abs(draft.syllables - aim_);
      if (repeated || error > slack || draft.syllables < kShortestLine ||
          draft.syllables > kLongestLine || error >= best_error) {
        continue;
      }
      draft.text = tidy_line(join(parts));
      if (used_texts_.contains(draft.text) || is_blocked(draft.text)) continue;
      best_error = error;
      best = std::move(draft);
      best_sticky = std::move(sticky);
      if (best_error == 0) break;
    }
    if (best) pending_sticky_ = best_sticky;
    return best;
  }

  void use(const Draft& draft) {
    used_lines_.insert(draft.line);
    used_texts_.insert(draft.text);
    used_ends_.insert(draft.ending->last_word);
    for (const std::size_t piece : bank_.lines[draft.line].pieces) {
      const BankList& list = bank_.lists[piece];
      if (list.name.empty() || list.sticky) continue;
      for (const BankOption& option : list.options) {
        if (draft.text.find(option.text) != std::string::npos) used_fills_.insert(option.text);
      }
    }
    sticky_ = pending_sticky_;
  }

  /// A line for a place whose rhyme is still open. Does not mark it used.
  std::optional<Draft> candidate(const std::string& role, int slack) {
    std::vector<double> weights(bank_.lines.size());
    double sum = 0;
    for (std::size_t l = 0; l < weights.size(); ++l) {
      sum += weights[l] = weight_of(bank_.lines[l], l, role);
    }
    if (sum <= 0) return std::nullopt;
    const std::size_t line = rng_.pick(weights);
    const BankList& last = bank_.lists[bank_.lines[line].pieces.back()];
    const auto option = rng_.below(static_cast<std::uint32_t>(last.options.size()));
    if (used_ends_.contains(last.options[option].last_word)) return std::nullopt;
    return fill(line, option, slack);
  }

  /// A line of `role` that rhymes with `end`. Does not mark it used.
  std::optional<Draft> rhyming(const BankOption& end, const std::string& role, int slack,
                               std::size_t not_line) {
    std::map<std::size_t, std::vector<std::pair<std::size_t, double>>> by_line;
    const auto gather = [&](const std::map<std::string, std::vector<BankEnding>>& index,
                            const std::string& key, double worth) {
      const auto found = index.find(key);
      if (found == index.end()) return;
      for (const BankEnding& e : found->second) {
        const BankOption& option = bank_.ending(e);
        if (e.line == not_line || bank_.lines[e.line].role != role || same_ending(option, end) ||
            used_ends_.contains(option.last_word) || rhyme_grade(option, end) == 0) {
          continue;
        }
        double worn = is_cliche(option.last_word, end.last_word) ? 0.25 : 1.0;
        // Two lines that end in the same phrase list sound like one line twice.
        if (not_line < bank_.lines.size() &&
            bank_.lines[e.line].pieces.back() == bank_.lines[not_line].pieces.back()) {
          worn *= 0.1;
        }
        by_line[e.line].emplace_back(e.option, worth * worn);
      }
    };
    gather(bank_.by_perfect, end.perfect, 1.0);
    gather(bank_.by_family, end.family, 0.12);
    std::vector<std::size_t> lines;
    std::vector<double> weights;
    for (const auto& [line, options] : by_line) {
      double best = 0;
      for (const auto& [option, worth] : options) best = std::max(best, worth);
      const double weight = best * weight_of(bank_.lines[line], line, role);
      if (weight <= 0) continue;
      lines.push_back(line);
      weights.push_back(weight);
    }
    for (int attempt = 0; attempt < 12 && !lines.empty(); ++attempt) {
      const std::size_t at = rng_.pick(weights);
      std::vector<double> option_weights;
      for (const auto& entry : by_line[lines[at]]) option_weights.push_back(entry.second);
      const std::size_t o = rng_.pick(option_weights);
      if (auto draft = fill(lines[at], by_line[lines[at]][o].first, slack)) return draft;
      weights[at] *= 0.3;
    }
    return std::nullopt;
  }

  /// Two lines that rhyme. The scarcer role is drawn first, its mate is looked up.
  std::pair<Draft, Draft> write_pair(const Place& a, const Place& b) {
    const bool b_first = b.role == "land";
    for (int attempt = 0; attempt < 400; ++attempt) {
      const int slack = attempt < 80 ? 1 : (attempt < 160 ? 2 : 4);
      if (attempt == 200) forget();
      auto lead = candidate(b_first ? b.role : a.role, slack);
      if (!lead) continue;
      const auto before = sticky_;
      sticky_ = pending_sticky_;
      auto mate = rhyming(*lead->ending, b_first ? a.role : b.role, slack, lead->line);
      if (!mate) {
        sticky_ = before;
        continue;
      }
      use(*lead);
      use(*mate);
      return b_first ? std::pair{*mate, *lead} : std::pair{*lead, *mate};
    }
    throw Error(ErrorCode::kInternal, fmt::format("no rhyming pair of {} and {} lines in theme {}",
                                                  a.role, b.role, theme_));
  }

  Draft answer(const BankOption& end, const Place& place) {
    for (int attempt = 0; attempt < 60; ++attempt) {
      if (attempt == 40) forget();
      const int slack = attempt < 20 ? 1 : (attempt < 40 ? 2 : 5);
      if (auto draft = rhyming(end, place.role, slack, bank_.lines.size())) {
        use(*draft);
        return *draft;
      }
    }
    throw Error(ErrorCode::kInternal, fmt::format("no {} line rhymes with \"{}\" in theme {}",
                                                  place.role, end.last_word, theme_));
  }

  Draft draw(const Place& place) {
    for (int attempt = 0; attempt < 400; ++attempt) {
      if (attempt == 200) forget();
      if (auto draft = candidate(place.role, attempt < 80 ? 1 : 3)) {
        use(*draft);
        return *draft;
      }
    }
    throw Error(ErrorCode::kInternal,
                fmt::format("no {} line left in theme {}", place.role, theme_));
  }

  /// A very long song runs out of bank: lines may then come again with other fillings.
  void forget() {
    used_lines_.clear();
    used_fills_.clear();
    used_ends_.clear();
  }

  const LyricBank& bank_;
  std::string theme_;
  Rng rng_;
  int aim_ = 10;
  HookLine first_, last_;
  bool free_hook_ = false;
  std::map<std::size_t, std::size_t> bound_, sticky_, pending_sticky_;
  std::set<std::size_t> used_lines_;
  std::set<std::string> used_texts_, used_fills_, used_ends_;
};

std::string draw_theme(const LyricPlan& plan, const std::vector<std::string>& allowed,
                       const LyricBank& bank, const Rng& rng) {
  if (!plan.theme.empty()) {
    if (std::find(bank.themes.begin(), bank.themes.end(), plan.theme) != bank.themes.end()) {
      return plan.theme;
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("theme \"{}\" is not in the bank; known: {}", plan.theme,
                            fmt::join(bank.themes, ", ")));
  }
  const std::vector<std::string>& pool = allowed.empty() ? bank.themes : allowed;
  Rng draw = rng.child("theme");
  return pool[draw.below(static_cast<std::uint32_t>(pool.size()))];
}

}  // namespace

WrittenStanzas write_lyrics(const LyricPlan& plan, const std::vector<std::string>& allowed_themes,
                            const Rng& rng) {
  const LyricBank& bank = LyricBank::shared();
  WrittenStanzas song;
  song.theme = draw_theme(plan, allowed_themes, bank, rng);
  Rng shape = rng.child("shape");
  Writer writer(bank, song.theme, rng.child("words"));
  writer.write_hook(plan.title, song);
  writer.aim_at(11);
  song.chorus = writer.write_chorus(plan.chorus_lines);
  static constexpr std::array<double, 3> kSchemeWeights = {0.42, 0.36, 0.22};  // AABB ABCB ABAB
  const auto scheme = static_cast<int>(shape.pick(kSchemeWeights));
  writer.aim_at(9 + static_cast<int>(shape.below(3)));
  for (int v = 0; v < plan.verses; ++v) {
    song.verses.push_back(writer.write_stanzas(plan.verse_lines, false, scheme));
  }
  if (plan.bridge_lines > 0) song.bridge = writer.write_stanzas(plan.bridge_lines, true, 0);
  return song;
}

bool rhymes(const std::string& word_a, const std::string& word_b) {
  const Phones a = Lexicon::shared().phones(word_a), b = Lexicon::shared().phones(word_b);
  if (normalise_word(word_a) == normalise_word(word_b)) return false;
  if (rhyme_key(a, false) == rhyme_key(b, false)) return rhyme_onset(a) != rhyme_onset(b);
  return rhyme_key(a, true) == rhyme_key(b, true);
}

std::string tidy_line(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  std::vector<std::string> words;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t w = 0; w < words.size(); ++w) {
    if ((words[w] == "a" || words[w] == "A") && w + 1 < words.size() &&
        is_vowel(Lexicon::shared().phones(words[w + 1]).front())) {
      words[w] += 'n';
    }
    if (w > 0) out += ' ';
    out += words[w];
  }
  if (!out.empty()) {
    const std::size_t letter = out[0] == '\'' ? 1 : 0;
    if (letter < out.size()) {
      out[letter] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[letter])));
    }
  }
  return out;
}

std::string title_case(const std::string& text) {
  static const std::set<std::string> kSmall = {"a",  "an",  "the", "of", "to", "in", "on", "at",
                                               "by", "for", "and", "or", "my", "up", "a-"};
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    const bool small = kSmall.contains(word) && !out.empty() && word != "my" && word != "up";
    if (!small && !word.empty()) {
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
      for (std::size_t i = 1; i < word.size(); ++i) {
        if (word[i - 1] == '-') {
          word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
        }
      }
    }
    if (!out.empty()) out += ' ';
    out += word;
    at = end + 1;
  }
  return out;
}

}  // namespace brandiron::gen
